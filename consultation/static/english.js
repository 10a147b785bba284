// What the other scripts say, in English, by its French words; a page in English loads it first.
const WORDS = {
  "Un instant…": "One moment…",
  "La connexion ne répond pas. Rien n’est perdu : vérifiez le réseau, puis recommencez.":
    "The connection is not responding. Nothing is lost: check the network, then try again.",
  "Ce code n’est pas reconnu. Copiez le lien entier de votre message, ou écrivez ses 26 lettres et chiffres.":
    "This code is not recognised. Copy the whole link from your message, or type its 26 letters and digits.",
  "La connexion est lente, nouvel essai…": "The connection is slow, trying again…",
  "Le serveur a mal répondu. Rechargez la page, puis recommencez.":
    "The server did not reply properly. Reload the page, then try again.",
  "Gardé dans cet onglet.": "Kept in this tab.",
  "Enregistré sur cet appareil.": "Saved on this device.",
  "Vos réponses ont changé dans un autre onglet : elles vous seront montrées avant d’être envoyées.":
    "Your answers have changed in another tab: they will be shown to you before they are sent.",
  "Un autre onglet a terminé : ce que vous changez ici ne sera pas ajouté.":
    "Another tab has finished: what you change here will not be added.",
  "Ce qui n’allait pas avec cette réponse est décoché.":
    "What did not go with this answer has been unticked.",
  "caractère de trop": "character too many",
  "caractères de trop": "characters too many",
  "caractère disponible": "character left",
  "caractères disponibles": "characters left",
  "Écrivez quelques lettres ou un numéro, puis choisissez.":
    "Type a few letters or a number, then choose.",
  "Aucune réponse ne correspond.": "No answer matches.",
  "réponse": "answer",
  "réponses": "answers",
  "%, les % premières sont affichées. Ajoutez des lettres.":
    "%, the first % are shown. Type more letters.",
  "Votre classement": "Your ranking",
  "Réponses à classer": "Answers to rank",
  " : %": ": %",
  "Monter": "Move up",
  "Descendre": "Move down",
  "Retirer": "Remove",
  "Classer": "Rank",
  "Déjà en tête.": "Already first.",
  "Déjà en dernier.": "Already last.",
  "rang est déjà pris": "place is already taken",
  "rangs sont déjà pris": "places are already taken",
  "% : retirez d’abord une réponse.": "%: remove an answer first.",
  "% : retiré du classement": "%: removed from the ranking",
  "% : rang %": "%: place %",
  "% questions s’ajoutent à partir de votre réponse.": "Your answer adds % questions.",
  "Une question s’ajoute à partir de votre réponse : %": "Your answer adds a question: %",
  "Une question qui dépendait de votre réponse est retirée.":
    "A question that depended on your answer is removed.",
  // What servers refuse, as consultation/english.py has it.
  "Il est peut-être coupé. Copiez l’adresse entière du message, ou écrivez votre code.":
    "It may have been cut. Copy the whole address from the message, or type your code.",
  "Gardez le message : le lien restera le même.":
    "Keep the message: the link will stay the same.",
  "Elle reprendra bientôt. Gardez le message : le lien restera le même.":
    "It will resume soon. Keep the message: the link will stay the same.",
  "Elle n’accepte plus de nouvelle réponse.":
    "It no longer takes new answers.",
  "Une réponse a été commencée avec ce lien. Si elle est envoyée, il n’y a plus rien à faire. Sinon, terminez-la sur le même appareil, dans le même navigateur, ou demandez-y un code de reprise.":
    "Answers were begun with this link. If they have been sent, there is nothing more to do. If not, finish on the same device, in the same browser, or ask for a recovery code there.",
  "Un lien plus récent vous a peut-être été envoyé : utilisez le dernier message reçu.":
    "A newer link may have been sent to you: use the latest message you received.",
  "La demande de laissez-passer est illisible. Rechargez la page et recommencez.":
    "The request for a pass is unreadable. Reload the page and try again.",
  "La demande est incomplète. Rechargez la page et recommencez.":
    "The request is incomplete. Reload the page and try again.",
  "Cette consultation n’existe pas. Vérifiez l’adresse, ou reprenez le lien du message.":
    "This consultation does not exist. Check the address, or use the link in the message.",
  "Ce code de reprise n’est pas reconnu. Vérifiez-le. Si vos réponses sont déjà envoyées, il ne sert plus à rien.":
    "This recovery code is not recognised. Check it. If your answers have already been sent, it is of no more use.",
  "Une réponse a déjà été envoyée avec ce lien. Chaque agent répond une fois.":
    "Answers have already been sent with this link. Each member of staff answers once.",
  "Vos réponses ne peuvent pas être vérifiées. Ouvrez à nouveau le lien reçu par message.":
    "Your answers cannot be verified. Open the link in your message again.",
  "Elle est incomplète ou illisible. Revenez à la page précédente et recommencez.":
    "It is incomplete or unreadable. Go back to the previous page and try again.",
  "L’adresse est peut-être coupée. Copiez l’adresse entière du message reçu, ou écrivez votre code sur la page d’accueil.":
    "The address may have been cut. Copy the whole address from the message you received, or type your code on the home page.",
  "Ouvrez à nouveau le lien du message reçu pour reprendre.":
    "To resume, open the link in your message again.",
  "Revenez à la page précédente et raccourcissez vos textes. Un fichier ne peut pas dépasser 5 Mo.":
    "Go back to the previous page and shorten your texts. A file may not exceed 5 MB.",
  "Trop de codes inconnus ont été essayés depuis votre réseau. Patientez 5 minutes, puis recommencez.":
    "Too many unknown codes have been tried from your network. Wait 5 minutes, then try again.",
  "Rechargez cette page dans quelques instants : ce que vous venez d’écrire sera envoyé à nouveau, et ne comptera qu’une fois.":
    "Reload this page in a moment: what you have just written will be sent again, and will count once.",
};
self.said = (french) => WORDS[french] ?? french;
