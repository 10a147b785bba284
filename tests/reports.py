"""What servers and people send back, and the words in which HR is told."""

from __future__ import annotations

from pathlib import Path

from consultation.roll.reports import Kind

RETURNS = "retour@consultation.exemple.fr"
MARK = "0123456789abcdef01234567"
FOLDER = Path(__file__).parent / "returns"

SAID: dict[tuple[Kind, str], str] = {
    ("wrong", "adresse inconnue"): """
        courier-unknown delayed-then-failed-in-one dma-unknown-bare dma-unknown
        domino-fr-bare domino-fr-unknown domino-fr-words-only exchange-fr-unknown
        exim-unknown-bare exim-unknown exim-unrouteable gmail-unknown mdaemon-bare
        office365-no-such-domain office365-not-in-the-directory office365-unknown
        opensmtpd-unknown-bare opensmtpd-unknown postfix-accents-old-form postfix-accents
        postfix-unknown-bare postfix-unknown-by-policy postfix-unknown qmail-no-host
        qmail-no-mailbox qmail-unknown
        sendmail-unknown wrapped-by-a-disclaimer zimbra-unknown
    """,
    ("closed", "boîte fermée"): """
        exim-closed gmail-disabled opensmtpd-closed postfix-closed
    """,
    ("full", "boîte pleine"): """
        dma-full domino-fr-full exchange-2003-fr-text-only-code exchange-fr-full exim-full
        exim-old-bare exim-over-quota exim-quota-bare gmail-full opensmtpd-full
        opensmtpd-quota-bare postfix-full postfix-over-quota postfix-quota-bare
        postfix-storage-bare qmail-full sendmail-full two-recipients-delivered-and-failed
        zimbra-full
    """,
    ("large", "message trop gros pour le destinataire"): """
        exim-too-big opensmtpd-too-big postfix-too-big sendmail-too-big
    """,
    ("loop", "message qui tourne en boucle"): """
        exchange-fr-loop exim-loop opensmtpd-loop postfix-loop
    """,
    ("policy", "refusé par les règles du destinataire"): """
        dma-policy exchange-fr-policy exim-policy gmail-policy office365-policy
        opensmtpd-policy postfix-content postfix-policy postfix-sending-quota
        postfix-sending-quota-later sendmail-policy
    """,
    ("unreachable", "domaine injoignable"): """
        dma-given-up exchange-fr-expired exim-later exim-no-name exim-unreachable
        office365-expired opensmtpd-unreachable postfix-no-name postfix-unreachable
        qmail-too-long sendmail-expired
    """,
    ("failed", "non remis, sans raison claire"): """
        postfix-later
    """,
    ("temporary", "retardé, sans conséquence"): """
        courier-delayed exchange-2003-fr-delayed exchange-fr-delayed exim-later-delayed
        exim-old-bare-delayed gmail-delayed opensmtpd-unreachable-delayed
        postfix-expiring-delayed postfix-later-delayed postfix-unreachable-delayed
        sendmail-delayed
    """,
    ("receipt", "accusé de réception, sans conséquence"): """
        courier-delivered postfix-expanded postfix-relayed read-receipt-deleted
        read-receipt-fr
    """,
    ("stop", "ne veut plus de rappel"): """
        wants-no-reminder
    """,
    ("automatic", "réponse automatique, à lire"): """
        challenge-en challenge-fr has-left-fr list-awaits-moderator outlook-en-away
        outlook-fr-away ticket-opened vacation-without-mark zimbra-fr-away
    """,
    ("answer", "réponse d’une personne, à lire"): """
        answer-of-a-person answer-of-a-postmaster-afresh answer-of-a-postmaster
        forwarded-report-as-attachment forwarded-report-in-the-text
        forwarded-report-with-its-parts has-left-by-hand spam-complaint-by-hand
    """,
    ("complaint", "signalé comme indésirable, à lire"): """
        abuse-report
    """,
    ("unknown", "message non reconnu"): """
        nobody-s-message
    """,
}
EXPECTED = [(name, *said) for said, names in SAID.items() for name in names.split()]
