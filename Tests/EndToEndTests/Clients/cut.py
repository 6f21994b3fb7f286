"""Reads an answer that its origin cuts, with requests: cut.py URL."""
import sys

import requests
from common import FIELDS, tell

try:
    answer = requests.get(sys.argv[1], headers=FIELDS)
    tell("cut", length=len(answer.content))
except requests.RequestException as error:
    tell("cut", kind=type(error).__name__, text=str(error))
