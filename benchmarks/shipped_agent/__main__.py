"""Makes an agent as that of pretrained/ was made: python -m benchmarks.shipped_agent --out DIR

DIR gets the networks of each stage (teacher.pt, student.pt), log.jsonl, and at the end the agent in the form of a run,
which `sonic-worlds evaluate DIR/agent` takes. A stage goes on from the networks in DIR. A teacher may go on learning in
another process: the student follows it.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from benchmarks.shipped_agent.courses import course
from benchmarks.shipped_agent.heads import train_heads
from benchmarks.shipped_agent.networks import Student
from benchmarks.shipped_agent.saved import save_agent
from benchmarks.shipped_agent.student import train_student
from benchmarks.shipped_agent.teacher import TeacherNet, train_teacher
from windup.choice import chosen_levels
from windup.generated import generated_names
from world_model.replaced_file import replacing

Net = TypeVar("Net", bound=nn.Module)

STAGES = ["teacher", "student", "heads"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shipped_agent", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the stages and the agent")
    parser.add_argument("--generated", type=int, default=150, help="generated levels beside the 47 (%(default)s)")
    parser.add_argument("--teacher-steps", type=int, default=5_000_000, help="steps of the teacher (%(default)s)")
    parser.add_argument("--student-seconds", type=float, default=2700, help="seconds of the student (%(default)s)")
    parser.add_argument("--heads-seconds", type=float, default=600, help="seconds of the heads (%(default)s)")
    parser.add_argument("--only", choices=STAGES, help="one stage instead of all")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is drawn (%(default)s)")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    given.out.mkdir(parents=True, exist_ok=True)
    names = chosen_levels("train", None) + (generated_names(given.generated) if given.generated else [])
    courses = [course(name) for name in names]
    teacher, student = Stage(TeacherNet(), given.out / "teacher.pt"), Stage(Student(), given.out / "student.pt")
    teacher.load()
    student.load()

    def say(stage: Stage[Any], report: dict[str, Any]) -> None:
        line = json.dumps({"stage": stage.file.stem, **report})
        print(line, flush=True)
        with open(given.out / "log.jsonl", "a") as log:
            print(line, file=log)
        stage.save()

    stages = [given.only] if given.only else STAGES
    if "teacher" in stages:
        train_teacher(teacher.net, courses, given.teacher_steps, given.seed, partial(say, teacher))
        teacher.save()
    if "student" in stages:
        train_student(student.net, courses, teacher.load, given.student_seconds, given.seed, partial(say, student))
        student.save()
    if "heads" in stages:
        train_heads(student.net, courses, teacher.net, given.heads_seconds, given.seed, partial(say, student))
        student.save()
        print(save_agent(student.net, given.out / "agent"))
    return 0


@dataclass(frozen=True)
class Stage(Generic[Net]):
    """A network with its file."""

    net: Net
    file: Path

    def load(self) -> Net:
        """Loads the network from its file, if there is one, and returns it."""
        if self.file.exists():
            self.net.load_state_dict(torch.load(self.file, weights_only=True))
        return self.net

    def save(self) -> None:
        with replacing(self.file) as temporary:
            torch.save(self.net.state_dict(), temporary)


if __name__ == "__main__":
    sys.exit(main())
