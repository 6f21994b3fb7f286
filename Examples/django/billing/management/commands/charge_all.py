import uuid
from concurrent.futures import ProcessPoolExecutor

import django
from django.core.management.base import BaseCommand, CommandError

from billing import payments, vault


class Command(BaseCommand):
    """No request, so no middleware: each process orders a key of its own, with a cap of its own."""

    help = "Charges users, in several processes."

    def add_arguments(self, parser):
        parser.add_argument("users", nargs="+")
        parser.add_argument("--cents", type=int, required=True)
        parser.add_argument("--processes", type=int, default=4)
        parser.add_argument("--cap", type=int, default=20, help="dollars that each process may spend")

    def handle(self, *, users, cents, processes, cap, **options):
        run = uuid.uuid4().hex[:8]
        work = [(f"{run}-{n}", users[n::processes], cents, cap) for n in range(min(processes, len(users)))]
        failed = 0
        with ProcessPoolExecutor(len(work), initializer=django.setup) as pool:
            for told in pool.map(charge, work):
                for user, outcome in told:
                    self.stdout.write(f"{user}: {outcome}")
                    failed += not outcome.startswith("pi_")
        if failed:
            raise CommandError(f"{failed} of {len(users)} were not charged")


def charge(work):
    """One process's share, under one key; answers what became of each user."""
    run, users, cents, cap = work
    try:
        with vault.lent("nightly", run, cap_usd=cap, customer="cus_*") as key:
            return [(user, _charge(key, user, cents)) for user in users]
    except (vault.VaultDown, vault.KeyRefused) as error:
        return [(user, str(error)) for user in users]


def _charge(key, user, cents):
    try:
        return payments.create(key.token, customer=vault.customer_of(user), amount_cents=cents)["id"]
    except payments.ToolError as error:
        return error.message
