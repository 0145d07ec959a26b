import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.sequences import make_sequences
from world_model.frozen_encoder import FrozenEncoder
from world_model.gaze import Finder, centred, recoloured
from world_model.model import WorldModel
from world_model.spec import WorldModelSpec
from world_model.vae import images

SPEC = WorldModelSpec(actions=4, latent=64, hidden=8, vision="light", gaze=True)


def _scenes(n: int, side: int = 64, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Frames with a player, a green dot, among red things; and the player's places."""
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 60, (n, side, side, 3), dtype=np.uint8)
    scale = side // 64
    at = rng.integers(3, 61, (n, 4, 2))
    for frame, things in zip(frames, at, strict=True):
        # The player is drawn last.
        for number, (x, y) in reversed([*enumerate(things * scale)]):
            part = frame[y - 2 * scale : y + 2 * scale, x - 2 * scale : x + 2 * scale]
            part[:] = (20, 240, 20) if number == 0 else (240, 20, 20)
    return torch.from_numpy(frames), torch.from_numpy(at[:, 0] / 64).float()


@given(st.integers(0, 63), st.integers(0, 63), st.sampled_from([64, 128]))
def test_a_place_comes_to_the_middle(column: int, row: int, side: int) -> None:
    x, y = column * side // 64, row * side // 64
    frames = torch.randint(1, 256, (2, side, side, 3), dtype=torch.uint8)
    shifted = centred(frames, torch.tensor([[x / side, y / side], [0.5, 0.5]]))
    assert torch.equal(shifted[1], frames[1])
    half = side // 2
    for i in range(side):
        for j in (0, half - 1, half, side - 1):
            from_row, from_column = i + y - half, j + x - half
            inside = 0 <= from_row < side and 0 <= from_column < side
            expected = frames[0, from_row, from_column] if inside else torch.zeros(3)
            assert torch.equal(shifted[0, i, j], expected.to(torch.uint8))


def test_places_out_of_the_frame_count_as_its_border() -> None:
    frames = torch.randint(1, 256, (2, 64, 64, 3), dtype=torch.uint8)
    far, border = torch.tensor([[-3.0, 7.0]] * 2), torch.tensor([[0.0, 1.0]] * 2)
    assert torch.equal(centred(frames, far), centred(frames, border))


def test_untrained_it_leaves_frames_as_they_are() -> None:
    frames, _ = _scenes(5)
    model = WorldModel(SPEC)
    assert torch.equal(model.vae.look(frames), images(frames))


def test_it_learns_to_find_the_player() -> None:
    for side in (64, 128):
        torch.manual_seed(0)
        finder = Finder()
        optimizer = torch.optim.Adam(finder.parameters(), 3e-3)
        for update in range(150):
            frames, places = _scenes(24, side, update)
            optimizer.zero_grad()
            finder.loss(images(frames), places).backward()
            optimizer.step()
        frames, places = _scenes(200, side, seed=10**6)
        with torch.inference_mode():
            result = finder.places(images(frames))
        # Within a pixel of 64.
        assert ((result - places).abs().amax(1) < 1 / 64).float().mean() > 0.9


def test_places_that_are_not_known_teach_nothing() -> None:
    frames, places = _scenes(6)
    finder = Finder()
    nowhere = torch.tensor([[torch.nan, torch.nan], [-0.1, 0.5], [0.5, 1.0]])
    x = images(frames)
    assert finder.loss(x[:3], nowhere) == 0
    both = finder.loss(x, torch.cat([nowhere, places[3:]]))
    assert torch.allclose(both, finder.loss(x[3:], places[3:]))
    both.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in finder.parameters())


def test_what_is_learned_of_the_game_is_no_lesson_for_the_finder_and_the_reverse() -> None:
    model = WorldModel(SPEC)
    places = np.full((2, 5, 2), 0.25, np.float32)
    batch = {k: torch.as_tensor(v) for k, v in make_sequences(SPEC, 2, 4, places=places).arrays().items()}
    parts = model.losses(batch)
    of_finder = {name for name, _ in model.named_parameters() if ".finder." in name}
    for loss, learns in ((parts.gaze, True), (parts.reconstruction + parts.mdn + parts.inverse, False)):
        model.zero_grad()
        loss.backward(retain_graph=True)
        for name, parameter in model.named_parameters():
            if parameter.grad is not None and parameter.grad.any():
                assert (name in of_finder) == learns, name


def test_actors_look_where_the_learner_looks() -> None:
    torch.manual_seed(1)
    model = WorldModel(SPEC)
    assert model.vae.finder is not None
    torch.nn.init.normal_(model.vae.finder.head.weight)
    frames, _ = _scenes(6)
    with torch.inference_mode():
        assert not torch.equal(model.vae.look(frames), images(frames))
        exact = model.vae.means(frames)
        assert torch.equal(model.encode(frames[None])[1][0], exact)
        assert torch.allclose(FrozenEncoder(model.eval(), 6, "cpu")(frames), exact, atol=0.05)


def test_told_places_are_looked_at_and_the_others_found() -> None:
    torch.manual_seed(2)
    model = WorldModel(SPEC).eval()
    assert model.vae.finder is not None
    frames, places = _scenes(6)
    some = places.clone()
    some[4:] = torch.nan
    for learned in (False, True):
        if learned:
            torch.nn.init.normal_(model.vae.finder.head.weight)
        with torch.inference_mode():
            result = model.vae.finder.places(images(frames))
            expected = centred(frames, torch.cat([places[:4], result[4:]]))
            assert torch.equal(model.vae.gaze(frames, some), expected)
            exact = model.vae.means(frames, some)
            assert torch.equal(model.encode(frames[None], some[None])[1][0], exact)
            assert torch.allclose(FrozenEncoder(model, 6, "cpu")(frames, some), exact, atol=0.05)


def test_the_player_keeps_its_colours() -> None:
    torch.manual_seed(0)
    frames, places = _scenes(200)
    x = images(frames)
    changed = (recoloured(x, places) != x).any(1)
    assert 0.15 < changed.flatten(1).any(1).float().mean() < 0.35
    for player, pixels in zip((places * 64).int().tolist(), changed, strict=True):
        assert not pixels[player[1] - 2 : player[1] + 2, player[0] - 2 : player[0] + 2].any()
    everywhere = recoloured(x, torch.full_like(places, torch.nan))
    assert everywhere.isfinite().all()
    assert everywhere.min() >= 0
    assert everywhere.max() <= 1
