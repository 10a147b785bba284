"""The form of the HR pages; the token that protects it is checked for the whole office."""

from collections.abc import Iterable
from datetime import MAXYEAR, MINYEAR, datetime
from zoneinfo import ZoneInfo

from wtforms import EmailField, Form, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import AnyOf, DataRequired, Length, NumberRange, ValidationError

from consultation.roll.paper import MOST


class BatchForm(Form):
    """The name of a batch and whom it invites; the file is read apart."""

    name = StringField(
        "Nom du lot",
        [
            DataRequired("Écrivez un nom, par exemple « Ain »."),
            Length(max=200, message="Le nom compte au plus 200 caractères."),
        ],
    )
    contact = EmailField(
        "Votre adresse électronique",
        [Length(max=320, message="L’adresse compte au plus 320 caractères.")],
    )
    territory = SelectField("Territoire", default="", validate_choice=False)
    audience = RadioField("Public", validate_choice=False)  # whose own message is not in French

    def offer_territories(self, territories: Iterable[tuple[str, str]]) -> None:
        """Let the person say where those invited work: messages leave at their hours."""
        self.territory.choices = choices = list(territories)
        codes = [code for code, _ in choices]
        self.territory.validators = (AnyOf(codes, "Choisissez un territoire de la liste."),)

    def offer(self, audiences: Iterable[tuple[str, str]]) -> None:
        """Let the person choose among these audiences, code and name."""
        _offer(self.audience, audiences)


class PaperForm(Form):
    """How many codes to print, for whom; for a seminar, when it begins."""

    name = StringField(
        "Nom du lot", [Length(max=200, message="Le nom compte au plus 200 caractères.")]
    )
    count = IntegerField(
        "Nombre de codes", [NumberRange(1, MOST, f"Indiquez un nombre, de 1 à {MOST}.")]
    )
    day = StringField("Jour du séminaire")
    hour = StringField("Heure du séminaire")
    audience = RadioField("Public", validate_choice=False)

    def offer(self, audiences: Iterable[tuple[str, str]]) -> None:
        """Let the person choose among these audiences, code and name."""
        _offer(self.audience, audiences)

    def validate_name(self, field: StringField) -> None:
        """A batch has a name; a seminar's is its day."""
        if not (field.data or "").strip() and not self.day.data:
            raise ValidationError("Écrivez un nom, ou le jour du séminaire.")

    def validate_day(self, field: StringField) -> None:
        """A day and an hour, or neither."""
        if field.data:
            try:
                self.begins(ZoneInfo("UTC"))
            except ValueError:
                raise ValidationError(
                    "Écrivez un jour (12/06/2024) et une heure (14:00)."
                ) from None

    def begins(self, zone: ZoneInfo) -> datetime | None:
        """When the seminar begins, if it is one; ValueError when it is no date."""
        if not self.day.data:
            return None
        day = "-".join(reversed(self.day.data.split("/")))  # as it is written in France
        begins = datetime.fromisoformat(f"{day}T{self.hour.data or ''}").replace(tzinfo=zone)
        if not MINYEAR < begins.year < MAXYEAR:  # where another zone may have no such moment
            raise ValueError
        return begins


def _offer(field: RadioField, audiences: Iterable[tuple[str, str]]) -> None:
    field.choices = choices = list(audiences)
    field.validators = (AnyOf([code for code, _ in choices], "Choisissez à qui s’adresse ce lot."),)
