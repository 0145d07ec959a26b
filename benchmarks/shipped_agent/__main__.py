"""Makes an agent as that of pretrained/ was made: python -m benchmarks.shipped_agent --out DIR

DIR holds what each stage left (teacher.pt, student.pt, log.jsonl), so that the next call goes on, and at the end the
agent in the form of a run, which `sonic-worlds evaluate DIR/agent` takes.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

from benchmarks.shipped_agent.courses import course
from benchmarks.shipped_agent.saved import save_agent
from benchmarks.shipped_agent.student import Student, train_student
from benchmarks.shipped_agent.teacher import TeacherNet, train_teacher
from windup.choice import chosen_levels
from windup.generated import generated_names


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shipped_agent", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the stages and the agent")
    parser.add_argument("--generated", type=int, default=150, help="generated levels beside the 47 (%(default)s)")
    parser.add_argument("--teacher-steps", type=int, default=5_000_000, help="steps of the teacher (%(default)s)")
    parser.add_argument("--student-seconds", type=float, default=2700, help="seconds of the student (%(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is drawn (%(default)s)")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    given.out.mkdir(parents=True, exist_ok=True)
    names = chosen_levels("train", None) + (generated_names(given.generated) if given.generated else [])
    courses = [course(name) for name in names]

    def say(told: dict[str, Any]) -> None:
        line = json.dumps(told)
        print(line, flush=True)
        with open(given.out / "log.jsonl", "a") as log:
            print(line, file=log)

    teacher, student = TeacherNet(), Student()
    if not _loaded(teacher, given.out / "teacher.pt"):
        teacher = train_teacher(courses, given.teacher_steps, given.seed, say)
        torch.save(teacher.state_dict(), given.out / "teacher.pt")
    if not _loaded(student, given.out / "student.pt"):
        student = train_student(courses, teacher, given.student_seconds, given.seed, say)
        torch.save(student.state_dict(), given.out / "student.pt")
    print(save_agent(student, given.out / "agent"))
    return 0


def _loaded(net: torch.nn.Module, file: Path) -> bool:
    """Whether a stage's network was there."""
    if not file.exists():
        return False
    net.load_state_dict(torch.load(file, weights_only=True))
    return True


if __name__ == "__main__":
    sys.exit(main())
