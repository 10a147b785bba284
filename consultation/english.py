"""The platform's own words in English, by its French words: pages, checks, scripts, refusals.

What is not here stays French.
"""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    # Around every page
    "Accès rapide": "Quick access",
    "Contenu": "Content",
    "Pied de page": "Footer",
    "Aide et contact": "Help and contact",
    "Anonymat": "Anonymity",
    "Transparence": "Transparency",
    "Accessibilité :": "Accessibility:",
    "non conforme": "not compliant",
    "partiellement conforme": "partially compliant",
    "totalement conforme": "fully compliant",
    "Mentions légales": "Legal notice",
    "Données personnelles": "Personal data",
    "Cookies": "Cookies",
    "Erreur :": "Error:",
    " :": ":",
    "« %(label)s »": "“%(label)s”",
    "Langue": "Language",
    # Arriving
    "Répondre à une consultation": "Answer a consultation",
    (
        "Comptez environ %(minutes)s minutes. Vous pouvez passer une question et vous "
        "arrêter en cours de route."
    ): (
        "Allow about %(minutes)s minutes. You may skip questions, and stop part of the way through."
    ),
    (
        "La consultation est fermée aux nouvelles réponses. Si vous avez commencé à "
        "répondre, vous pouvez encore terminer et envoyer."
    ): (
        "The consultation is closed to new answers. If you have begun, you can still "
        "finish and send."
    ),
    "La consultation ferme le <strong>%(closes)s</strong>.": (
        "The consultation closes on <strong>%(closes)s</strong>."
    ),
    "La consultation ferme le %(closes)s.": "The consultation closes on %(closes)s.",
    "Heure outre-mer": "Overseas times",
    (
        "Écrivez le code du message que vous avez reçu. Le message contient aussi un "
        "lien, qui mène directement à la consultation."
    ): (
        "Type the code from the message you received. The message also has a link, "
        "which leads straight to the consultation."
    ),
    "Votre code": "Your code",
    (
        "Ce code n’est pas reconnu. Copiez le lien entier de votre message, "
        "ou écrivez ses 26 lettres et chiffres."
    ): (
        "This code is not recognised. Copy the whole link from your message, "
        "or type its 26 letters and digits."
    ),
    (
        "26 lettres et chiffres, en majuscules ou en minuscules, avec ou sans tirets. "
        "Un code de reprise, donné par un autre appareil, s’écrit ici aussi."
    ): (
        "26 letters and digits, in capital or small letters, with or without dashes. A "
        "recovery code, given by another device, is typed here too."
    ),
    "Cet appareil sert à plusieurs personnes": "Several people use this device",
    "Rien n’y restera une fois l’onglet fermé : il faudra répondre en une fois.": (
        "Nothing will stay on it once the tab is closed: you will have to answer in one go."
    ),
    "Commencer": "Begin",
    "Reprendre vos réponses": "Resume your answers",
    "Des réponses commencées sur cet appareil ne sont pas encore envoyées.": (
        "Answers begun on this device have not been sent yet."
    ),
    "Reprendre": "Resume",
    "Effacer et recommencer": "Erase and start again",
    "Vos réponses sont anonymes": "Your answers are anonymous",
    (
        "Votre lien sert à vérifier que chaque agent répond une seule fois. Quand vous "
        "envoyez vos réponses, elles sont enregistrées sans votre nom, sans votre "
        "adresse électronique, sans adresse IP et sans lien avec votre invitation. "
        "Personne, ni votre service ni nous, ne peut les retrouver, les modifier ou "
        "les supprimer ensuite. Évitez d’écrire un nom ou un détail qui permette de "
        "vous reconnaître."
    ): (
        "Your link is there to check that each member of staff answers only once. When "
        "you send your answers, they are recorded without your name, without your "
        "e-mail address, without an IP address and without any link to your "
        "invitation. Nobody, neither your department nor us, can find, change or "
        "delete them afterwards. Avoid writing a name or a detail by which you could "
        "be recognised."
    ),
    "Participer n’est pas obligatoire.": "Taking part is not compulsory.",
    "Comment ça marche": "How it works",
    (
        "Votre code prouve que vous faites partie des agents invités. Il permet de "
        "répondre une seule fois."
    ): ("Your code proves that you are one of the staff invited. It lets you answer only once."),
    (
        "En échange, vous recevez un laissez-passer anonyme : la liste le signe sans "
        "pouvoir le reconnaître."
    ): (
        "In exchange you receive an anonymous pass: the list signs it without being "
        "able to recognise it."
    ),
    (
        "Vos réponses partent avec ce laissez-passer. L’urne sait qu’il est vrai, pas "
        "à qui il a été donné."
    ): (
        "Your answers leave with this pass. The ballot box knows that it is genuine, "
        "not to whom it was given."
    ),
    (
        "Les réponses sont ensuite mélangées, puis comptées. <a "
        'href="/anonymat">Pourquoi personne ne peut revenir en arrière, et les '
        "limites</a>."
    ): (
        'The answers are then shuffled and counted. <a href="/anonymat" '
        'hreflang="fr">Why nobody can go back, and the limits</a> (in French).'
    ),
    (
        "Vous, en haut. En bas à gauche, la liste d’envoi, qui sait qui est invité. "
        "En bas à droite, l’urne, qui reçoit des réponses sans nom. Vous parlez à "
        "l’une puis à l’autre. Rien ne passe de la liste à l’urne."
    ): (
        "You, at the top. Bottom left, the mailing list, which knows who is invited. "
        "Bottom right, the ballot box, which receives answers without a name. You "
        "speak to one, then to the other. Nothing goes from the list to the box."
    ),
    "Vous": "You",
    "La liste d’envoi": "The mailing list",
    "L’urne": "The ballot box",
    "sait qui est invité": "knows who is invited",
    "réponses sans nom": "nameless answers",
    "1. code": "1. code",
    "2. laissez-": "2. anony-",
    "passer": "mous pass",
    "3. réponses": "3. answers",
    "Une réponse a été commencée avec ce code.": "Answers were begun with this code.",
    ("Continuez pour la retrouver. Si elle est déjà envoyée, la page suivante vous le dira."): (
        "Continue to find them. If they have already been sent, the next page will say so."
    ),
    "Continuer": "Continue",
    (
        "Sans JavaScript, c’est le serveur, et non votre navigateur, qui rend vos "
        "réponses anonymes : il faut lui faire confiance."
    ): (
        "Without JavaScript, it is the server, not your browser, that makes your "
        "answers anonymous: you have to trust it."
    ),
    (
        'Cette page a besoin de JavaScript. Sans lui, <a href="%(landing)s">commencez '
        "en écrivant votre code</a>."
    ): (
        'This page needs JavaScript. Without it, <a href="%(landing)s">begin by '
        "typing your code</a>."
    ),
    (
        "La page n’était pas encore prête. Vos réponses sont toujours là : "
        'enregistrez-les à nouveau. Si cela recommence, <a href="%(landing)s">écrivez '
        "votre code</a>."
    ): (
        "The page was not ready yet. Your answers are still here: save them again. If "
        'this happens again, <a href="%(landing)s">type your code</a>.'
    ),
    # Answering
    "Étape %(step)s sur %(steps)s": "Step %(step)s of %(steps)s",
    "Étape suivante :": "Next step:",
    "Vous pouvez passer toute question qui n’est pas marquée « (obligatoire) ».": (
        "You may skip any question that is not marked “(required)”."
    ),
    "(obligatoire)": "(required)",
    "ou": "or",
    "Si « %(label)s », précisez": "If “%(label)s”, please specify",
    "%(most)s caractères au plus.": "%(most)s characters at most.",
    "%(most)s %(what)s au plus.": "%(most)s %(what)s at most.",
    "au plus": "at most",
    "réponses": "answers",
    "réponse": "answer",
    "caractères": "characters",
    "Cette réponse annule les autres.": "This answer cancels the others.",
    "De %(low)s (%(least)s) à %(high)s (%(most)s).": (
        "From %(low)s (%(least)s) to %(high)s (%(most)s)."
    ),
    "Priorité n° %(number)s": "Priority no. %(number)s",
    "Aucune réponse": "No answer",
    "Choisissez dans la liste": "Choose from the list",
    "Jour": "Day",
    "Mois": "Month",
    "Année": "Year",
    "Exemple : 28": "Example: 28",
    "Exemple : 6": "Example: 6",
    "Exemple : 2024": "Example: 2024",
    "Ne pas répondre à cette question": "Leave this question unanswered",
    "Une question s’ajoute à partir de votre réponse.": "Your answer adds a question.",
    "Des questions s’ajoutent à partir de vos réponses.": "Your answers add questions.",
    "À vérifier": "Please check",
    "Si c’est bien cela, continuez.": "If this is right, continue.",
    "Enregistrer et continuer": "Save and continue",
    "Enregistrer et relire": "Save and review",
    "Page précédente": "Previous page",
    "Enregistrer et finir plus tard": "Save and finish later",
    "Continuer sur un autre appareil": "Continue on another device",
    # What is wrong
    "Une réponse est à corriger": "One answer needs correcting",
    "%(count)s réponses sont à corriger": "%(count)s answers need correcting",
    "Répondez à au moins une question de cette page pour commencer.": (
        "Answer at least one question on this page to begin."
    ),
    "Cette réponse n’est pas proposée. Choisissez une réponse de la liste.": (
        "This answer is not offered. Choose one from the list."
    ),
    "Choisissez une seule réponse.": "Choose one answer only.",
    "Choisissez une seule réponse par ligne.": "Choose one answer only on each line.",
    "Choisissez soit %(one)s, soit %(other)s.": "Choose either %(one)s or %(other)s.",
    "les autres réponses": "the other answers",
    "Choisissez %(most)s au plus : vous en avez choisi %(count)s.": (
        "Choose %(most)s at most: you have chosen %(count)s."
    ),
    "Choisissez au moins %(least)s.": "Choose at least %(least)s.",
    "Indiquez votre choix n° %(place)s, ou remontez les suivants d’un rang.": (
        "Give your choice no. %(place)s, or move the next ones up."
    ),
    (
        "%(option)s est déjà au rang %(rank)s. Choisissez une autre réponse ou "
        "laissez ce rang vide."
    ): (
        "%(option)s is already in place %(rank)s. Choose another answer or leave this place empty."
    ),
    "Écrivez seulement un nombre en chiffres, par exemple %(example)s.": (
        "Write only a number in digits, for example %(example)s."
    ),
    "Écrivez un nombre entier, sans virgule.": "Write a whole number, without decimals.",
    "Gardez au plus un chiffre après la virgule.": (
        "Keep at most one digit after the decimal point."
    ),
    "Gardez au plus %(count)s chiffres après la virgule.": (
        "Keep at most %(count)s digits after the decimal point."
    ),
    "Vérifiez le jour : ce mois est plus court.": "Check the day: this month is shorter.",
    "Écrivez le jour en chiffres, entre 1 et 31.": "Write the day in digits, between 1 and 31.",
    "Écrivez le mois en chiffres, entre 1 et 12.": "Write the month in digits, between 1 and 12.",
    "Écrivez l’année en quatre chiffres, par exemple 2024.": (
        "Write the year in four digits, for example 2024."
    ),
    (
        "Raccourcissez votre texte : %(most)s caractères au plus, il en compte %(length)s."
    ): "Shorten your text: %(most)s characters at most, it has %(length)s.",
    "Indiquez un nombre entre %(low)s et %(high)s.": "Give a number between %(low)s and %(high)s.",
    "Indiquez un nombre au moins égal à %(low)s.": "Give a number of at least %(low)s.",
    "Indiquez un nombre au plus égal à %(high)s.": "Give a number of at most %(high)s.",
    "Indiquez une date entre %(low)s et %(high)s.": "Give a date between %(low)s and %(high)s.",
    "Indiquez %(low)s ou plus tard.": "Give %(low)s or later.",
    "Indiquez %(high)s ou plus tôt.": "Give %(high)s or earlier.",
    "le ": "",
    "zéro": "zero",
    "une": "one",
    "deux": "two",
    "trois": "three",
    "quatre": "four",
    "cinq": "five",
    "six": "six",
    "sept": "seven",
    "huit": "eight",
    "neuf": "nine",
    "dix": "ten",
    # Days
    "lundi": "Monday",
    "mardi": "Tuesday",
    "mercredi": "Wednesday",
    "jeudi": "Thursday",
    "vendredi": "Friday",
    "samedi": "Saturday",
    "dimanche": "Sunday",
    "1er": "1",
    "%(day)s à %(hour)s": "%(day)s at %(hour)s",
    "%(day)s à minuit": "%(day)s at midnight",
    "%(moment)s (heure de Paris)": "%(moment)s (Paris time)",
    "janvier": "January",
    "février": "February",
    "mars": "March",
    "avril": "April",
    "mai": "May",
    "juin": "June",
    "juillet": "July",
    "août": "August",
    "septembre": "September",
    "octobre": "October",
    "novembre": "November",
    "décembre": "December",
    # Stopping for now
    "Vos réponses sont gardées": "Your answers are kept",
    "Elles ne sont pas encore envoyées.": "They have not been sent yet.",
    (
        "Elles sont gardées, chiffrées, sur cet appareil. Pour reprendre, ouvrez à "
        "nouveau le lien de votre message dans ce même navigateur, avant le "
        "<strong>%(closes)s</strong>. Pour reprendre ailleurs, choisissez d’abord « "
        "Continuer sur un autre appareil ». Si vous avez coché « Cet appareil sert à "
        "plusieurs personnes », gardez cet onglet ouvert."
    ): (
        "They are kept, encrypted, on this device. To resume, open the link in your "
        "message again in this same browser, before <strong>%(closes)s</strong>. To "
        "resume elsewhere, first choose “Continue on another device”. If you ticked "
        "“Several people use this device”, keep this tab open."
    ),
    (
        "Pour reprendre, écrivez à nouveau votre code, sur cet appareil ou un autre, "
        "avant le <strong>%(closes)s</strong>."
    ): (
        "To resume, type your code again, on this device or another, before "
        "<strong>%(closes)s</strong>."
    ),
    "Si vous ne les envoyez pas, elles seront effacées.": (
        "If you do not send them, they will be erased."
    ),
    "Reprendre maintenant": "Resume now",
    "Vos réponses ne sont pas encore envoyées.": "Your answers have not been sent yet.",
    (
        "Elles sont gardées sur cet appareil. Pour les retrouver sur un autre, créez "
        "un code de reprise. Le serveur garde alors de vos réponses une copie "
        "chiffrée, que seul ce code peut ouvrir. Elle est effacée dès que vous envoyez "
        "vos réponses, et au plus tard à la fermeture. Un nouveau code remplace le "
        "précédent."
    ): (
        "They are kept on this device. To find them on another, make a recovery code. "
        "The server then keeps an encrypted copy of your answers, which only this code "
        "can open. The copy is erased as soon as you send your answers, and at the "
        "latest when the consultation closes. A new code replaces the one before."
    ),
    "Créer un code de reprise": "Make a recovery code",
    "Sur l’autre appareil": "On the other device",
    "Visez ce carré avec l’appareil photo, puis choisissez « Commencer ».": (
        "Point the camera at this square, then choose “Begin” (« Commencer » in French)."
    ),
    "Adresse de reprise, à viser avec un appareil photo": (
        "Recovery address, to be read by a camera"
    ),
    (
        'Ou bien ouvrez <a id="_lien" href="/q">la page où écrire un code</a> et '
        "écrivez ce code de reprise :"
    ): (
        'Or open <a id="_lien" href="/q">the page where a code is typed</a> and type '
        "this recovery code:"
    ),
    ("Il ouvre vos réponses : ne le montrez à personne, et ne le gardez pas après l’envoi."): (
        "It opens your answers: show it to nobody, and do not keep it once they are sent."
    ),
    "Reprendre ici": "Resume here",
    # Reading again and sending
    "Relire avant d’envoyer": "Review before sending",
    "Vos réponses ont changé entre-temps": "Your answers have changed meanwhile",
    (
        "Elles ont été complétées ou modifiées dans un autre onglet. Les voici "
        "toutes : relisez-les, puis envoyez-les."
    ): (
        "They were completed or changed in another tab. Here they all are: review "
        "them, then send them."
    ),
    "1 question est restée sans réponse, c’est permis.": (
        "1 question has no answer: that is allowed."
    ),
    "%(count)s questions sont restées sans réponse, c’est permis.": (
        "%(count)s questions have no answer: that is allowed."
    ),
    "Sans réponse": "No answer",
    "Modifier": "Change",
    "Seul ce niveau sera enregistré.": "Only this level will be recorded.",
    "Après l’envoi, vous ne pourrez plus modifier vos réponses.": (
        "Once sent, your answers can no longer be changed."
    ),
    "Envoyer mes réponses": "Send my answers",
    "Vos réponses sont envoyées": "Your answers are sent",
    "Des réponses étaient déjà envoyées": "Answers had already been sent",
    (
        "Des réponses envoyées avec ce lien étaient déjà enregistrées : "
        "ce sont les seules qui comptent, et elles ne comptent qu’une fois."
    ): (
        "Answers sent with this link had already been recorded: "
        "they are the only ones that count, and they count once."
    ),
    (
        "Si vous venez d’envoyer les mêmes, tout est en ordre, merci. "
        "Si vous venez d’en envoyer d’autres, elles n’ont pas été ajoutées."
    ): (
        "If you have just sent the same ones, all is well, thank you. "
        "If you have just sent others, they were not added."
    ),
    (
        "Ce sont celles que vous venez d’envoyer à nouveau : elles étaient bien arrivées."
    ): "They are those you have just sent again: they had arrived.",
    "Celles que vous venez d’envoyer n’ont pas été ajoutées.": (
        "Those you have just sent were not added."
    ),
    (
        "Si vous veniez d’écrire d’autres réponses, dans un autre onglet par exemple, "
        "elles n’ont pas été ajoutées."
    ): "If you had just written other answers, in another tab for instance, they were not added.",
    "Merci. Votre lien ne peut plus servir.": "Thank you. Your link can no longer be used.",
    "Cet appareil sert à d’autres personnes ?": "Do other people use this device?",
    "Fermez cette page.": "Close this page.",
    "Ce que le navigateur gardait de vos réponses est effacé.": (
        "What the browser kept of your answers has been erased."
    ),
    "Et maintenant": "What happens now",
    ("Vos réponses sont scellées. Elles seront mélangées aux autres, puis comptées."): (
        "Your answers are sealed. They will be shuffled with the others, then counted."
    ),
    "Plus personne ne peut les relier à vous, les modifier ou les retirer.": (
        "Nobody can link them to you, change them or withdraw them any more."
    ),
    "Les résultats seront publiés sur %(place)s.": "The results will be published on %(place)s.",
    "Vérifier que vos réponses sont comptées": "Check that your answers are counted",
    (
        'Après la fermeture, la <a href="/transparence/%(slug)s">page de '
        "transparence</a> publiera la liste des laissez-passer utilisés. Si le vôtre y "
        "figure, vos réponses ont été comptées."
    ): (
        'After the consultation closes, the <a href="/transparence/%(slug)s" '
        'hreflang="fr">transparency page</a> (in French) will publish the list of the '
        "passes used. If yours is on it, your answers were counted."
    ),
    "Afficher mon laissez-passer": "Show my pass",
    (
        "Il dit que des réponses ont été envoyées, pas lesquelles : personne ne peut "
        "les retrouver avec lui. Notez-le seulement si vous voulez vérifier ; personne "
        "n’a à vous le demander."
    ): (
        "It says that answers were sent, not which ones: nobody can find them with it. "
        "Note it down only if you wish to check; nobody may ask you for it."
    ),
    # What the scripts say on the page
    "Un instant…": "One moment…",
    ("La connexion ne répond pas. Rien n’est perdu : vérifiez le réseau, puis recommencez."): (
        "The connection is not responding. Nothing is lost: check the network, then try again."
    ),
    "La connexion est lente, nouvel essai…": "The connection is slow, trying again…",
    "Le serveur a mal répondu. Rechargez la page, puis recommencez.": (
        "The server did not reply properly. Reload the page, then try again."
    ),
    "Gardé dans cet onglet.": "Kept in this tab.",
    "Enregistré sur cet appareil.": "Saved on this device.",
    (
        "Vos réponses ont changé dans un autre onglet : elles vous seront montrées avant "
        "d’être envoyées."
    ): (
        "Your answers have changed in another tab: they will be shown to you before they are sent."
    ),
    "Un autre onglet a terminé : ce que vous changez ici ne sera pas ajouté.": (
        "Another tab has finished: what you change here will not be added."
    ),
    "Ce qui n’allait pas avec cette réponse est décoché.": (
        "What did not go with this answer has been unticked."
    ),
    "caractère de trop": "character too many",
    "caractères de trop": "characters too many",
    "caractère disponible": "character left",
    "caractères disponibles": "characters left",
    "Écrivez quelques lettres ou un numéro, puis choisissez.": (
        "Type a few letters or a number, then choose."
    ),
    "Aucune réponse ne correspond.": "No answer matches.",
    "%(answers)s, les %(most)s premières sont affichées. Ajoutez des lettres.": (
        "%(answers)s, the first %(most)s are shown. Type more letters."
    ),
    "Votre classement": "Your ranking",
    "Réponses à classer": "Answers to rank",
    "Monter": "Move up",
    "Descendre": "Move down",
    "Retirer": "Remove",
    "Classer": "Rank",
    "Déjà en tête.": "Already first.",
    "Déjà en dernier.": "Already last.",
    "rang est déjà pris": "place is already taken",
    "rangs sont déjà pris": "places are already taken",
    "%(ranks)s : retirez d’abord une réponse.": "%(ranks)s: remove an answer first.",
    "%(label)s : retiré du classement": "%(label)s: removed from the ranking",
    "%(label)s : rang %(rank)s": "%(label)s: place %(rank)s",
    "%(count)s questions s’ajoutent à partir de votre réponse.": (
        "Your answer adds %(count)s questions."
    ),
    "Une question s’ajoute à partir de votre réponse : %(question)s": (
        "Your answer adds a question: %(question)s"
    ),
    "Une question qui dépendait de votre réponse est retirée.": (
        "A question that depended on your answer is removed."
    ),
    # What is refused, and what to do
    "Écrire mon code": "Type my code",
    "Une question, une difficulté d’accès : %(contact)s.": (
        "For a question or a problem with access: %(contact)s."
    ),
    "l’adresse donnée dans le message d’invitation": "the address given in the invitation",
    (
        "Si ce n’était pas vous, écrivez à %(contact)s : un autre lien pourra "
        "peut-être vous être envoyé. Personne ne saura ce qui a été répondu."
    ): (
        "If it was not you, write to %(contact)s: you may be sent another link. Nobody "
        "will know what was answered."
    ),
    "Demande refusée": "Request refused",
    "La demande ne peut pas être traitée.": "The request cannot be handled.",
    "Ce lien a déjà servi": "This link has already been used",
    ("Une réponse a déjà été envoyée avec ce lien. Chaque agent répond une fois."): (
        "Answers have already been sent with this link. Each member of staff answers once."
    ),
    "La consultation n’est pas encore ouverte": "The consultation is not open yet",
    "Elle ouvre le %(opens)s. Gardez le message : le lien restera le même.": (
        "It opens on %(opens)s. Keep the message: the link will stay the same."
    ),
    "Gardez le message : le lien restera le même.": (
        "Keep the message: the link will stay the same."
    ),
    "La consultation est suspendue": "The consultation is suspended",
    "Vos réponses sont gardées. Réessayez plus tard : le lien restera le même.": (
        "Your answers are kept. Try again later: the link will stay the same."
    ),
    "Elle reprendra bientôt. Gardez le message : le lien restera le même.": (
        "It will resume soon. Keep the message: the link will stay the same."
    ),
    "L’urne est suspendue un moment": "The urn is suspended for a moment",
    "Vos réponses sont gardées sur cette page. Envoyez-les à nouveau dans quelques minutes.": (
        "Your answers are kept on this page. Send them again in a few minutes."
    ),
    "La consultation est terminée": "The consultation is over",
    "Les réponses qui n’ont pas été envoyées ont été effacées.": (
        "Answers that were not sent have been erased."
    ),
    (
        "Elle a fermé le %(closes)s. Si cette date n’est pas passée, revenez plus tard "
        ": vos réponses sont gardées."
    ): (
        "It closed on %(closes)s. If that date has not passed, come back later: your "
        "answers are kept."
    ),
    "Elle n’accepte plus de nouvelle réponse.": "It no longer takes new answers.",
    "Ce code de reprise n’est pas reconnu": "This recovery code is not recognised",
    ("Vérifiez-le. Si vos réponses sont déjà envoyées, il ne sert plus à rien."): (
        "Check it. If your answers have already been sent, it is of no more use."
    ),
    "Vos réponses sont trop longues": "Your answers are too long",
    (
        "Vos textes sont trop longs pour être envoyés. Revenez en arrière et raccourcissez-les."
    ): "Your texts are too long to be sent. Go back and shorten them.",
    (
        "Vos réponses ne peuvent pas être vérifiées. Ouvrez à nouveau le lien reçu par message."
    ): "Your answers cannot be verified. Open the link in your message again.",
    "L’urne est close : plus aucune réponse ne peut y entrer.": (
        "The ballot box is closed: no more answers can enter it."
    ),
    "Ce lien n’est pas reconnu": "This link is not recognised",
    ("Il est peut-être coupé. Copiez l’adresse entière du message, ou écrivez votre code."): (
        "It may have been cut. Copy the whole address from the message, or type your code."
    ),
    (
        "Une réponse a été commencée avec ce lien. Si elle est envoyée, il n’y a plus "
        "rien à faire. Sinon, terminez-la sur le même appareil, dans le même "
        "navigateur, ou demandez-y un code de reprise."
    ): (
        "Answers were begun with this link. If they have been sent, there is nothing "
        "more to do. If not, finish on the same device, in the same browser, or ask "
        "for a recovery code there."
    ),
    "Ce lien n’est plus valable": "This link is no longer valid",
    ("Un lien plus récent vous a peut-être été envoyé : utilisez le dernier message reçu."): (
        "A newer link may have been sent to you: use the latest message you received."
    ),
    (
        "La demande de laissez-passer est illisible. Rechargez la page et recommencez."
    ): "The request for a pass is unreadable. Reload the page and try again.",
    "La demande est incomplète. Rechargez la page et recommencez.": (
        "The request is incomplete. Reload the page and try again."
    ),
    "Consultation introuvable": "Consultation not found",
    ("Cette consultation n’existe pas. Vérifiez l’adresse, ou reprenez le lien du message."): (
        "This consultation does not exist. Check the address, or use the link in the message."
    ),
    "La demande n’a pas été comprise": "The request was not understood",
    (
        "Elle est incomplète ou illisible. Revenez à la page précédente et recommencez."
    ): "It is incomplete or unreadable. Go back to the previous page and try again.",
    "Une erreur est survenue": "An error occurred",
    (
        "Rechargez cette page dans quelques instants : ce que vous venez d’écrire "
        "sera envoyé à nouveau, et ne comptera qu’une fois."
    ): (
        "Reload this page in a moment: what you have just written will be sent again, "
        "and will count once."
    ),
    "Le service est momentanément indisponible": "The service is briefly unavailable",
    "Page non trouvée": "Page not found",
    (
        "L’adresse est peut-être coupée. Copiez l’adresse entière du message reçu, ou "
        "écrivez votre code sur la page d’accueil."
    ): (
        "The address may have been cut. Copy the whole address from the message you "
        "received, or type your code on the home page."
    ),
    "Cette page ne s’ouvre pas ainsi": "This page cannot be opened this way",
    "Ouvrez à nouveau le lien du message reçu pour reprendre.": (
        "To resume, open the link in your message again."
    ),
    "L’envoi est trop volumineux": "What was sent is too large",
    (
        "Revenez à la page précédente et raccourcissez vos textes. Un fichier ne peut "
        "pas dépasser 5 Mo."
    ): ("Go back to the previous page and shorten your texts. A file may not exceed 5 MB."),
    "Trop d’essais": "Too many attempts",
    (
        "Trop de codes inconnus ont été essayés depuis votre réseau. Patientez 5 "
        "minutes, puis recommencez."
    ): (
        "Too many unknown codes have been tried from your network. Wait 5 minutes, then try again."
    ),
}
