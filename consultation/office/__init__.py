"""The office: accounts, the register of campaigns, the journal. Never a respondent or an answer."""
