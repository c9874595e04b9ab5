"""Half of each page of accounts is kept free: a month moves the counters of all accounts of a page at once."""

from django.db import migrations

# The old versions of rows stay until the transaction that replaced them has ended, so a page needs room for both.
# Where it has that, a counter that rises needs no entry in any index.
FORWARD = "ALTER TABLE ledger_ledgeraccount SET (fillfactor = 45)"
BACKWARD = "ALTER TABLE ledger_ledgeraccount SET (fillfactor = 70)"


class Migration(migrations.Migration):
    """Changes where new accounts are put, and leaves those that there are."""

    dependencies = [("ledger", "0005_accounts_compared_at_once")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
