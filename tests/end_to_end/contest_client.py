"""What needs a process of its own beside `sonic-worlds serve`: an agent, and an emulator that plays a movie again.

python contest_client.py play DIRECTORY     holds RIGHT until the server ends it; prints the sum of the rewards
python contest_client.py replay BK2         prints the sum of the rewards of a movie's inputs
"""

import sys

import stable_retro

from actors.games.games import WINDUP
from actors.gym_remote.client import RemoteEnv
from actors.gym_remote.errors import GymRemoteError
from actors.gym_remote.retro_game import INTEGRATIONS

_BUTTONS = ["B", "A", "MODE", "START", "UP", "DOWN", "LEFT", "RIGHT", "C", "Y", "X", "Z"]


def play(directory: str) -> None:
    total = 0.0
    with RemoteEnv(directory) as env:
        try:
            env.reset()
            while True:
                ob, reward, done, _ = env.step([button == "RIGHT" for button in _BUTTONS])
                assert ob.shape == (224, 320, 3)
                total += reward
                print("step", flush=True)
                if done:
                    env.reset()
        except GymRemoteError as error:
            print(f"{type(error).__name__}: {error}")
    print(total)


def replay(file: str) -> None:
    stable_retro.data.Integrations.add_custom_path(INTEGRATIONS)
    movie = stable_retro.Movie(file)
    movie.step()
    assert movie.get_game() == WINDUP
    env = stable_retro.make(
        WINDUP,
        stable_retro.State.NONE,
        inttype=stable_retro.data.Integrations.ALL,
        scenario="contest",
        use_restricted_actions=stable_retro.Actions.ALL,
        render_mode="rgb_array",
    )
    env.initial_state = movie.get_state()
    env.reset()
    total = 0.0
    while movie.step():
        _, reward, _, _, _ = env.step([movie.get_key(button, 0) for button in range(env.num_buttons)])
        total += reward
    print(total)


if __name__ == "__main__":
    {"play": play, "replay": replay}[sys.argv[1]](sys.argv[2])
