"""The office's forms; the token that protects them is checked for the whole office in `pages`."""

from wtforms import Form, PasswordField, StringField
from wtforms.validators import InputRequired, Length


class LoginForm(Form):
    """Who, a password, and a code for who has an application."""

    login = StringField(
        "Identifiant",
        [
            InputRequired("Écrivez votre identifiant."),
            Length(max=100, message="L’identifiant compte au plus 100 caractères."),
        ],
    )
    password = PasswordField(
        "Mot de passe",
        [
            InputRequired("Écrivez votre mot de passe."),
            Length(max=1000, message="Le mot de passe compte au plus 1 000 caractères."),
        ],
    )
    code = StringField(
        "Code à six chiffres",
        [Length(max=20, message="Le code compte six chiffres.")],
        description="Celui de votre application. Un code ne sert qu’une fois. "
        "Laissez vide si vous n’avez pas encore d’application.",
    )


class CodeForm(Form):
    """The first code of an application."""

    code = StringField(
        "Code à six chiffres",
        [
            InputRequired("Écrivez le code que montre l’application."),
            Length(max=20, message="Le code compte six chiffres."),
        ],
        description="Celui que l’application montre maintenant.",
    )
