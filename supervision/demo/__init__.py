"""The demo organ (演示数据): invented offices, accounts and ledgers, laid around the day they are loaded."""
