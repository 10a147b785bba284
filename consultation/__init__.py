"""An electronic consultation platform: who answered and what was answered never meet."""
