"""What serves whoever writes or approves a questionnaire: it needs no base and no setting."""
