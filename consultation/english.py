"""The platform's own words in English, by its French words: agents' pages, errors, refusals.

What is not here stays French. Scripts have theirs, in `static/english.js`.
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
    ): ("Allow about %(minutes)s minutes. You may skip a question, and stop on the way."),
    (
        "La consultation est fermée aux nouvelles réponses. Si vous avez commencé à "
        "répondre, vous pouvez encore terminer et envoyer."
    ): (
        "The consultation is closed to new answers. If you had begun, you can still "
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
        "Type the code of the message you received. The message also has a link, "
        "which leads straight to the consultation."
    ),
    "Votre code": "Your code",
    (
        "26 lettres et chiffres. Les espaces, les tirets et les minuscules ne "
        "comptent pas. Un code de reprise, donné par un autre appareil, s’écrit ici "
        "aussi."
    ): (
        "26 letters and digits. Spaces, dashes and small letters make no difference. "
        "A recovery code, given by another device, is typed here too."
    ),
    "Cet appareil sert à plusieurs personnes": "Several people use this device",
    "Rien n’y restera une fois l’onglet fermé : il faudra répondre en une fois.": (
        "Nothing will stay on it once the tab is closed: you will have to answer in one go."
    ),
    "Commencer": "Begin",
    "Reprendre votre réponse": "Go on with your answers",
    "Une réponse commencée sur cet appareil n’est pas encore envoyée.": (
        "Answers begun on this device have not been sent yet."
    ),
    "Reprendre": "Go on",
    "Effacer et recommencer": "Erase and start again",
    "Vos réponses sont anonymes": "Your answers are anonymous",
    (
        "Votre lien sert à vérifier que chaque agent répond une seule fois. Quand "
        "vous envoyez vos réponses, elles sont enregistrées sans votre nom, sans "
        "votre adresse électronique, sans adresse IP et sans lien avec votre "
        "invitation. Personne, ni votre service ni nous, ne peut les retrouver, les "
        "modifier ou les supprimer ensuite. Évitez d’écrire un nom ou un détail qui "
        "permette de vous reconnaître."
    ): (
        "Your link serves to check that each staff member answers once. When you send "
        "your answers, they are recorded without your name, without your e-mail "
        "address, without an IP address and without any link to your invitation. "
        "Nobody, neither your department nor we, can find, change or delete them "
        "afterwards. Avoid writing a name or a detail by which you could be "
        "recognised."
    ),
    "Participer n’est pas obligatoire.": "Taking part is not compulsory.",
    "Comment ça marche": "How it works",
    (
        "Votre code prouve que vous faites partie des agents invités. Il ne sert qu’une fois."
    ): "Your code proves that you are one of the staff invited. It serves once.",
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
    (
        "Continuez pour la retrouver. Si elle est déjà envoyée, la page suivante vous le dira."
    ): "Continue to find them. If they were sent already, the next page will say so.",
    "Continuer": "Continue",
    ("Sans JavaScript, l’anonymat repose sur l’organisation et non sur la cryptographie."): (
        "Without JavaScript, anonymity rests on the organisation and not on cryptography."
    ),
    (
        'Cette page a besoin de JavaScript. Sans lui, <a href="%(landing)s">commencez '
        "en écrivant votre code</a>."
    ): (
        'This page needs JavaScript. Without it, <a href="%(landing)s">begin by '
        "typing your code</a>."
    ),
    (
        "La page n’était pas encore prête. Vos réponses sont là : envoyez-la à nouveau. "
        'Si cela recommence, <a href="%(landing)s">écrivez votre code</a>.'
    ): (
        "The page was not ready yet. Your answers are here: send it again. "
        'If this happens again, <a href="%(landing)s">type your code</a>.'
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
    "Une question s’ajoute à partir de votre réponse.": "A question is added from your answer.",
    "Des questions s’ajoutent à partir de vos réponses.": "Questions are added from your answers.",
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
        "Answer at least one question of this page to begin."
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
    "Gardez %(count)s décimale au plus.": "Keep %(count)s decimal at most.",
    "Gardez %(count)s décimales au plus.": "Keep %(count)s decimals at most.",
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
    "Indiquez %(low)s ou une date suivante.": "Give %(low)s or a later date.",
    "Indiquez %(high)s ou une date avant.": "Give %(high)s or an earlier date.",
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
    # Stopping for now
    "Vos réponses sont gardées": "Your answers are kept",
    "Elles ne sont pas encore envoyées.": "They have not been sent yet.",
    (
        "Elles sont gardées sur cet appareil seulement, chiffrées. Pour reprendre, "
        "ouvrez à nouveau le lien reçu par message, sur le même appareil et dans le "
        "même navigateur, ou demandez un code de reprise pour un autre appareil, "
        "avant le <strong>%(closes)s</strong>. Si vous avez indiqué que l’appareil "
        "sert à plusieurs personnes, gardez cet onglet ouvert."
    ): (
        "They are kept on this device only, encrypted. To go on, open the link you "
        "received again, on the same device and in the same browser, or ask for a "
        "recovery code for another device, before <strong>%(closes)s</strong>. If you "
        "said that several people use this device, keep this tab open."
    ),
    (
        "Pour reprendre, écrivez à nouveau votre code, sur cet appareil ou un autre, "
        "avant le <strong>%(closes)s</strong>."
    ): (
        "To go on, type your code again, on this device or another, before "
        "<strong>%(closes)s</strong>."
    ),
    "Sans envoi de votre part, elles seront effacées.": (
        "Unless you send them, they will be erased."
    ),
    "Reprendre maintenant": "Go on now",
    "Vos réponses ne sont pas encore envoyées.": "Your answers have not been sent yet.",
    (
        "Elles sont gardées sur cet appareil. Pour les retrouver sur un autre, créez "
        "un code de reprise : ce navigateur les chiffre avec lui, et le serveur n’en "
        "garde qu’une copie qu’il ne peut pas lire. Elle est effacée dès que vous "
        "envoyez vos réponses, et au plus tard à la fermeture. Un nouveau code "
        "remplace le précédent."
    ): (
        "They are kept on this device. To find them on another, make a recovery code: "
        "this browser encrypts them with it, and the server only keeps a copy that it "
        "cannot read. The copy is erased as soon as you send your answers, and at the "
        "latest when the consultation closes. A new code replaces the one before."
    ),
    "Créer un code de reprise": "Make a recovery code",
    "Sur l’autre appareil": "On the other device",
    "Visez ce carré avec l’appareil photo, puis choisissez « Commencer ».": (
        "Aim at this square with the camera, then choose “Begin” (« Commencer » in French)."
    ),
    "Adresse de reprise, à viser avec un appareil photo": (
        "Recovery address, to be aimed at with a camera"
    ),
    (
        'Ou bien ouvrez <a id="_lien" href="/q">la page où écrire un code</a> et '
        "écrivez ce code de reprise :"
    ): (
        'Or open <a id="_lien" href="/q">the page where a code is typed</a> and type '
        "this recovery code:"
    ),
    ("Il ouvre vos réponses : ne le montrez à personne, et n’en gardez rien après l’envoi."): (
        "It opens your answers: show it to nobody, and keep nothing of it once they are sent."
    ),
    "Reprendre ici": "Go on here",
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
        "1 question has no answer, which is allowed."
    ),
    "%(count)s questions sont restées sans réponse, c’est permis.": (
        "%(count)s questions have no answer, which is allowed."
    ),
    "Sans réponse": "No answer",
    "Modifier": "Change",
    "Seul ce niveau sera enregistré.": "Only this level will be recorded.",
    "Après l’envoi, vous ne pourrez plus les modifier.": (
        "Once sent, they can no longer be changed."
    ),
    "Envoyer mes réponses": "Send my answers",
    "Vos réponses sont envoyées": "Your answers are sent",
    "Votre réponse était déjà enregistrée : elle ne compte qu’une fois.": (
        "Your answers were recorded already: they count once."
    ),
    "Merci. Votre lien ne peut plus servir.": "Thank you. Your link can no longer be used.",
    "Cet appareil sert à d’autres personnes ?": "Do others use this device?",
    "Fermez cette page.": "Close this page.",
    "Ce que le navigateur gardait de vos réponses est effacé.": (
        "What the browser kept of your answers is erased."
    ),
    "Et maintenant": "What happens now",
    "Votre réponse est scellée. Elle sera mélangée aux autres, puis comptée.": (
        "Your answers are sealed. They will be shuffled with the others, then counted."
    ),
    "Plus personne ne peut la relier à vous, la modifier ou la retirer.": (
        "Nobody can link them to you, change them or withdraw them any more."
    ),
    "Les résultats seront publiés sur %(place)s.": "The results will be published on %(place)s.",
    "Vérifier que votre réponse est comptée": "Check that your answers are counted",
    (
        'Après la fermeture, la <a href="/transparence/%(slug)s">page de '
        "transparence</a> publiera la liste des laissez-passer utilisés. Si le vôtre "
        "y figure, votre réponse a été comptée."
    ): (
        'After the closing, the <a href="/transparence/%(slug)s" '
        'hreflang="fr">transparency page</a> (in French) will publish the list of the '
        "passes used. If yours is on it, your answers were counted."
    ),
    "Afficher mon laissez-passer": "Show my pass",
    (
        "Il dit qu’une réponse a été envoyée, pas ce qu’elle contient : personne ne "
        "peut la retrouver avec lui. Notez-le seulement si vous voulez vérifier ; "
        "personne n’a à vous le demander."
    ): (
        "It says that answers were sent, not what they hold: nobody can find them "
        "with it. Note it down only if you wish to check; nobody may ask you for it."
    ),
    # What is refused, and what to do
    "Écrire mon code": "Type my code",
    "Une question, une difficulté d’accès : %(contact)s.": (
        "A question, a difficulty of access: %(contact)s."
    ),
    "l’adresse donnée dans le message d’invitation": "the address given in the invitation",
    (
        "Si ce n’était pas vous, écrivez à %(contact)s : votre lien pourra être "
        "remplacé, sans que nous sachions ce qui a été répondu."
    ): (
        "If it was not you, write to %(contact)s: your link can be replaced, without "
        "our knowing what was answered."
    ),
    "Demande refusée": "Request refused",
    "La demande ne peut pas être traitée.": "The request cannot be handled.",
    "Ce lien a déjà servi": "This link was already used",
    "Une réponse a déjà été envoyée avec ce lien. Chaque agent répond une fois.": (
        "Answers were already sent with this link. Each staff member answers once."
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
    "La consultation est terminée": "The consultation is over",
    "Les réponses qui n’ont pas été envoyées ont été effacées.": (
        "Answers that were not sent have been erased."
    ),
    (
        "Si son dernier jour n’est pas passé, revenez plus tard : vos réponses sont gardées."
    ): "If its last day has not passed, come back later: your answers are kept.",
    "Elle n’accepte plus de nouvelle réponse.": "It takes no new answers any more.",
    "Ce code de reprise n’est pas reconnu": "This recovery code is not recognised",
    "Vérifiez-le. Si vos réponses sont déjà envoyées, il ne sert plus à rien.": (
        "Check it. If your answers were sent already, it is of no more use."
    ),
    "Vos réponses sont trop longues": "Your answers are too long",
    (
        "Vos textes sont trop longs pour être envoyés. Revenez en arrière et raccourcissez-les."
    ): "Your texts are too long to be sent. Go back and shorten them.",
    (
        "Vos réponses ne peuvent pas être vérifiées. Ouvrez à nouveau le lien reçu par message."
    ): "Your answers cannot be verified. Open the link you received again.",
    "L’urne est close : plus aucune réponse ne peut y entrer.": (
        "The ballot box is closed: no more answers can enter it."
    ),
    "Ce lien n’est pas reconnu": "This link is not recognised",
    ("Il est peut-être coupé. Copiez l’adresse entière du message, ou écrivez votre code."): (
        "It may have been cut. Copy the whole address of the message, or type your code."
    ),
    (
        "Il a servi à commencer une réponse, et chaque agent répond une fois. Si ce "
        "n’est pas déjà fait, terminez cette réponse sur l’appareil et dans le "
        "navigateur où elle a été commencée, ou demandez-y un code de reprise pour "
        "cet appareil-ci."
    ): (
        "It was used to begin answering, and each staff member answers once. If you "
        "have not done so already, finish on the device and in the browser where you "
        "began, or ask there for a recovery code for this device."
    ),
    "Ce lien n’est plus valable": "This link is no longer valid",
    (
        "Un lien plus récent vous a peut-être été envoyé : utilisez le dernier message reçu."
    ): "A newer link may have been sent to you: use the last message received.",
    ("Le message à signer n’a pas la forme attendue. Rechargez la page et recommencez."): (
        "The message to sign does not have the expected form. Reload the page and try again."
    ),
    "La demande est incomplète. Rechargez la page et recommencez.": (
        "The request is incomplete. Reload the page and try again."
    ),
    "Consultation introuvable": "Consultation not found",
    ("Cette consultation n’existe pas. Vérifiez l’adresse, ou reprenez le lien du message."): (
        "This consultation does not exist. Check the address, or use the link of the message."
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
        "The address may have been cut. Copy the whole address of the message you "
        "received, or type your code on the home page."
    ),
    "Cette page ne s’ouvre pas ainsi": "This page does not open like this",
    "Ouvrez à nouveau le lien du message reçu pour reprendre.": (
        "Open the link of the message you received again to go on."
    ),
    "L’envoi est trop volumineux": "What was sent is too large",
    (
        "Revenez à la page précédente, raccourcissez vos textes ou choisissez un "
        "fichier plus petit (5 Mo au plus), puis recommencez."
    ): (
        "Go back to the previous page, shorten your texts or choose a smaller file (5 "
        "MB at most), then try again."
    ),
    "Trop d’essais": "Too many attempts",
    (
        "Trop de codes inconnus ont été essayés depuis votre réseau. Patientez 5 "
        "minutes puis recommencez."
    ): ("Too many unknown codes were tried from your network. Wait 5 minutes, then try again."),
}
