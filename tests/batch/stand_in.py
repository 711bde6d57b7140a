"""A stand-in for the process that annotates: what it does with a letter is said by the letter's name."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection

from nlp.batch.jobs import Annotated, Unchanged, WorkerSettings
from nlp.errors import FanzhaError
from nlp.schema import ModelInfo

MODEL = ModelInfo(name="stand-in", version="1", backend="none", device="cpu")


def serve(connection: Connection, settings: WorkerSettings) -> None:
    if settings.text_field == "no model":
        connection.send(FanzhaError("is missing from the model", path="m", mend="fetch it"))
        return
    if settings.text_field == "dies":
        os._exit(3)
    connection.send(MODEL)
    while True:
        try:
            jobs = connection.recv()
        except EOFError:
            return
        if any("hang-read" in job.source.key for job in jobs):
            time.sleep(1000)
        connection.send("predict")
        for job in reversed(jobs):
            key = job.source.key
            if "crash" in key:
                os.kill(os.getpid(), 11)
            if "parent" in key:
                os.kill(os.getppid(), 9)
                time.sleep(1000)
            if "exit" in key:
                os._exit(7)
            if "hang" in key:
                time.sleep(1000)
            connection.send(Unchanged(key) if job.known else Annotated(key, "0" * 64, key, f'"{os.getpid()}"'))
