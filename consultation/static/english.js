// What the other scripts say, in English, by its French words; a page in English loads it first.
const WORDS = {
  "Un instant…": "One moment…",
  "La connexion ne répond pas. Rien n’est perdu : vérifiez le réseau, puis recommencez.":
    "The connection does not respond. Nothing is lost: check the network, then try again.",
  "La connexion est lente, nouvel essai…": "The connection is slow, trying again…",
  "La réponse reçue n’est pas valable. Rechargez la page, puis recommencez.":
    "The answer received is not valid. Reload the page, then try again.",
  "Gardé dans cet onglet.": "Kept in this tab.",
  "Enregistré sur cet appareil.": "Saved on this device.",
  "Vos réponses ont changé dans un autre onglet : elles vous seront montrées avant d’être envoyées.":
    "Your answers have changed in another tab: they will be shown to you before they are sent.",
  "Ce qui n’allait pas avec cette réponse est décoché.":
    "What did not go with this answer is unticked.",
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
  "% questions s’ajoutent à partir de votre réponse.": "% questions are added from your answer.",
  "Une question s’ajoute à partir de votre réponse : %": "A question is added from your answer: %",
  "Une question qui dépendait de votre réponse est retirée.":
    "A question that depended on your answer is removed.",
  // What servers refuse, as consultation/english.py has it.
  "Il est peut-être coupé. Copiez l’adresse entière du message, ou écrivez votre code.":
    "It may have been cut. Copy the whole address of the message, or type your code.",
  "Gardez le message : le lien restera le même.":
    "Keep the message: the link will stay the same.",
  "Elle reprendra bientôt. Gardez le message : le lien restera le même.":
    "It will resume soon. Keep the message: the link will stay the same.",
  "Elle n’accepte plus de nouvelle réponse.":
    "It takes no new answers any more.",
  "Il a servi à commencer une réponse, et chaque agent répond une fois. Si ce n’est pas déjà fait, terminez cette réponse sur l’appareil et dans le navigateur où elle a été commencée, ou demandez-y un code de reprise pour cet appareil-ci.":
    "It was used to begin answering, and each staff member answers once. If you have not done so already, finish on the device and in the browser where you began, or ask there for a recovery code for this device.",
  "Un lien plus récent vous a peut-être été envoyé : utilisez le dernier message reçu.":
    "A newer link may have been sent to you: use the last message received.",
  "Le message à signer n’a pas la forme attendue. Rechargez la page et recommencez.":
    "The message to sign does not have the expected form. Reload the page and try again.",
  "La demande est incomplète. Rechargez la page et recommencez.":
    "The request is incomplete. Reload the page and try again.",
  "Cette consultation n’existe pas. Vérifiez l’adresse, ou reprenez le lien du message.":
    "This consultation does not exist. Check the address, or use the link of the message.",
  "Ce code de reprise n’est pas reconnu. Vérifiez-le. Si vos réponses sont déjà envoyées, il ne sert plus à rien.":
    "This recovery code is not recognised. Check it. If your answers were sent already, it is of no more use.",
  "Une réponse a déjà été envoyée avec ce lien. Chaque agent répond une fois.":
    "Answers were already sent with this link. Each staff member answers once.",
  "Vos réponses ne peuvent pas être vérifiées. Ouvrez à nouveau le lien reçu par message.":
    "Your answers cannot be verified. Open the link you received again.",
  "Elle est incomplète ou illisible. Revenez à la page précédente et recommencez.":
    "It is incomplete or unreadable. Go back to the previous page and try again.",
  "L’adresse est peut-être coupée. Copiez l’adresse entière du message reçu, ou écrivez votre code sur la page d’accueil.":
    "The address may have been cut. Copy the whole address of the message you received, or type your code on the home page.",
  "Ouvrez à nouveau le lien du message reçu pour reprendre.":
    "Open the link of the message you received again to go on.",
  "Revenez à la page précédente, raccourcissez vos textes ou choisissez un fichier plus petit (5 Mo au plus), puis recommencez.":
    "Go back to the previous page, shorten your texts or choose a smaller file (5 MB at most), then try again.",
  "Trop de codes inconnus ont été essayés depuis votre réseau. Patientez 5 minutes puis recommencez.":
    "Too many unknown codes were tried from your network. Wait 5 minutes, then try again.",
  "Rechargez cette page dans quelques instants : ce que vous venez d’écrire sera envoyé à nouveau, et ne comptera qu’une fois.":
    "Reload this page in a moment: what you have just written will be sent again, and will count once.",
};
self.said = (french) => WORDS[french] ?? french;
