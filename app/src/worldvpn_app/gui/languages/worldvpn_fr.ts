<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr_FR" sourcelanguage="en_GB">
  <context>
    <name>account</name>
    <message>
      <source>A name and a password; no mail, no phone number.</source>
      <translation>Un nom et un mot de passe ; ni courriel, ni téléphone.</translation>
    </message>
    <message>
      <source>A name has {least} to {most} characters.</source>
      <translation>Un nom compte de {least} à {most} caractères.</translation>
    </message>
    <message>
      <source>Account</source>
      <translation>Compte</translation>
    </message>
    <message>
      <source>At least {n} characters; {left} to go.</source>
      <translation>Au moins {n} caractères ; encore {left}.</translation>
    </message>
    <message>
      <source>Back to sign in</source>
      <translation>Revenir à l’identification</translation>
    </message>
    <message>
      <source>Browse through people, not companies.</source>
      <translation>Naviguez grâce à des gens, pas à des entreprises.</translation>
    </message>
    <message>
      <source>By the code that was shown when the account was made</source>
      <translation>Par le code affiché à la création du compte</translation>
    </message>
    <message>
      <source>Change password</source>
      <translation>Changer le mot de passe</translation>
    </message>
    <message>
      <source>Choose a passphrase that opens the vault with your keys instead.</source>
      <translation>Choisissez plutôt une phrase secrète pour ouvrir le coffre de vos clés.</translation>
    </message>
    <message>
      <source>Copy</source>
      <translation>Copier</translation>
    </message>
    <message>
      <source>Create account</source>
      <translation>Créer un compte</translation>
    </message>
    <message>
      <source>Devices</source>
      <translation>Appareils</translation>
    </message>
    <message>
      <source>Every other device is signed out by it.</source>
      <translation>Tous les autres appareils sont déconnectés du compte.</translation>
    </message>
    <message>
      <source>Fair</source>
      <translation>Moyen</translation>
    </message>
    <message>
      <source>I have written it down</source>
      <translation>Je l’ai noté</translation>
    </message>
    <message>
      <source>Id</source>
      <translation>Identifiant</translation>
    </message>
    <message>
      <source>It begins and ends with a letter or a digit.</source>
      <translation>Il commence et finit par une lettre ou un chiffre.</translation>
    </message>
    <message>
      <source>It gets no secret of yours.</source>
      <translation>Aucun de vos secrets ne lui est confié.</translation>
    </message>
    <message>
      <source>It holds this device's keys and its sign-in.</source>
      <translation>Il garde les clés de cet appareil et sa connexion au compte.</translation>
    </message>
    <message>
      <source>It sets a new password, once. You get a new code.</source>
      <translation>Il permet, une seule fois, de choisir un nouveau mot de passe. Vous recevrez un nouveau code.</translation>
    </message>
    <message>
      <source>Leave it as it is</source>
      <translation>Ne rien changer</translation>
    </message>
    <message>
      <source>Letters, digits, and . _ - between them.</source>
      <translation>Des lettres, des chiffres, et . _ - entre eux.</translation>
    </message>
    <message>
      <source>Made</source>
      <translation>Créé</translation>
    </message>
    <message>
      <source>Make an account</source>
      <translation>Créer un compte</translation>
    </message>
    <message>
      <source>New password</source>
      <translation>Nouveau mot de passe</translation>
    </message>
    <message>
      <source>One line of at most {n} characters.</source>
      <translation>Une seule ligne d’au plus {n} caractères.</translation>
    </message>
    <message>
      <source>Open the vault</source>
      <translation>Ouvrir le coffre</translation>
    </message>
    <message>
      <source>Passphrase</source>
      <translation>Phrase secrète</translation>
    </message>
    <message>
      <source>Passphrase of the vault</source>
      <translation>Phrase secrète du coffre</translation>
    </message>
    <message>
      <source>Password</source>
      <translation>Mot de passe</translation>
    </message>
    <message>
      <source>Present password</source>
      <translation>Mot de passe actuel</translation>
    </message>
    <message>
      <source>Recovery</source>
      <translation>Récupération</translation>
    </message>
    <message>
      <source>Recovery code</source>
      <translation>Code de récupération</translation>
    </message>
    <message>
      <source>Server</source>
      <translation>Serveur</translation>
    </message>
    <message>
      <source>Set the new password</source>
      <translation>Choisir ce mot de passe</translation>
    </message>
    <message>
      <source>Show or hide it</source>
      <translation>L’afficher ou le masquer</translation>
    </message>
    <message>
      <source>Sign in</source>
      <translation>S’identifier</translation>
    </message>
    <message>
      <source>Sign in to find nodes and to see your credits.</source>
      <translation>Identifiez-vous pour trouver des nœuds et voir vos crédits.</translation>
    </message>
    <message>
      <source>Sign out</source>
      <translation>Fermer la session</translation>
    </message>
    <message>
      <source>Sign out for good</source>
      <translation>Fermer pour de bon</translation>
    </message>
    <message>
      <source>Stop waiting</source>
      <translation>Ne plus attendre</translation>
    </message>
    <message>
      <source>Strong</source>
      <translation>Fort</translation>
    </message>
    <message>
      <source>The name is the first thing that is tried.</source>
      <translation>Le nom est la première chose que l’on essaie.</translation>
    </message>
    <message>
      <source>The password is changed.</source>
      <translation>Le mot de passe est changé.</translation>
    </message>
    <message>
      <source>The recovery code is all that lets you in again if you forget the password. It is shown this once: keep it apart from this computer.</source>
      <translation>Le code de récupération est le seul moyen de revenir si vous oubliez le mot de passe. Il n’est affiché que cette fois : gardez-le ailleurs que sur cet ordinateur.</translation>
    </message>
    <message>
      <source>The vault with your keys is opened by its passphrase.</source>
      <translation>Le coffre de vos clés s’ouvre par sa phrase secrète.</translation>
    </message>
    <message>
      <source>This computer belongs to no central server: it connects by profiles of your own. Whoever runs it can name one in /etc/worldvpn/daemon.toml.</source>
      <translation>Cet ordinateur ne dépend d’aucun serveur central : il se connecte par vos propres profils. Qui l’administre peut en indiquer un dans /etc/worldvpn/daemon.toml.</translation>
    </message>
    <message>
      <source>This device</source>
      <translation>Cet appareil</translation>
    </message>
    <message>
      <source>Use a recovery code</source>
      <translation>Utiliser un code de récupération</translation>
    </message>
    <message>
      <source>Use other people's connections, and share yours when you want to. Every byte is accounted for.</source>
      <translation>Utilisez la connexion des autres, et partagez la vôtre quand vous voulez. Chaque octet est compté.</translation>
    </message>
    <message>
      <source>Use your recovery code</source>
      <translation>Utiliser votre code de récupération</translation>
    </message>
    <message>
      <source>Username</source>
      <translation>Nom d’utilisateur</translation>
    </message>
    <message>
      <source>Waiting for the keyring of this session.</source>
      <translation>Attente du trousseau de cette session.</translation>
    </message>
    <message>
      <source>Weak</source>
      <translation>Faible</translation>
    </message>
    <message>
      <source>Welcome back</source>
      <translation>Heureux de vous revoir</translation>
    </message>
    <message>
      <source>What answers is not the system's own service.</source>
      <translation>Ce qui répond n’est pas le service du système.</translation>
    </message>
    <message>
      <source>What to do</source>
      <translation>Que faire</translation>
    </message>
    <message>
      <source>Write this down</source>
      <translation>Notez ce code</translation>
    </message>
    <message>
      <source>Your vault is locked</source>
      <translation>Votre coffre est verrouillé</translation>
    </message>
    <message>
      <source>seen {time}</source>
      <translation>vu : {time}</translation>
    </message>
  </context>
  <context>
    <name>advice</name>
    <message>
      <source>Ask the person who set WorldVPN up here, or use root.</source>
      <translation>Demandez à qui a installé WorldVPN ici, ou passez par root.</translation>
    </message>
    <message>
      <source>Nobody is signed in on this computer.</source>
      <translation>Personne n’est identifié sur cet ordinateur.</translation>
    </message>
    <message>
      <source>Open it on the account page.</source>
      <translation>Ouvrez-le sur la page du compte.</translation>
    </message>
    <message>
      <source>Open the vault</source>
      <translation>Ouvrir le coffre</translation>
    </message>
    <message>
      <source>Share to earn</source>
      <translation>Partager pour gagner</translation>
    </message>
    <message>
      <source>Share to earn more, or connect by a profile of yours.</source>
      <translation>Partagez pour en gagner, ou connectez-vous par un de vos profils.</translation>
    </message>
    <message>
      <source>Sign in</source>
      <translation>S’identifier</translation>
    </message>
    <message>
      <source>Sign in to use other people's nodes.</source>
      <translation>Identifiez-vous pour utiliser les nœuds des autres.</translation>
    </message>
    <message>
      <source>That is the owner's to decide.</source>
      <translation>C’est au propriétaire d’en décider.</translation>
    </message>
    <message>
      <source>The app keeps looking for it; nothing was changed.</source>
      <translation>L’application continue de le chercher ; rien n’a été changé.</translation>
    </message>
    <message>
      <source>The central server cannot be reached.</source>
      <translation>Le serveur central est injoignable.</translation>
    </message>
    <message>
      <source>The vault with your keys is locked.</source>
      <translation>Le coffre de vos clés est verrouillé.</translation>
    </message>
    <message>
      <source>There is nothing to connect to: sign in, or import a profile in Settings.</source>
      <translation>Il n’y a rien à quoi se connecter : identifiez-vous, ou importez un profil dans les réglages.</translation>
    </message>
    <message>
      <source>Try again later; a profile of yours needs no server.</source>
      <translation>Réessayez plus tard ; vos propres profils s’en passent.</translation>
    </message>
    <message>
      <source>You are out of credit.</source>
      <translation>Vous n’avez plus de crédit.</translation>
    </message>
    <message>
      <source>it holds no text</source>
      <translation>il ne contient pas de texte</translation>
    </message>
    <message>
      <source>{file} cannot be read: {why}.</source>
      <translation>Impossible de lire {file} : {why}.</translation>
    </message>
    <message>
      <source>{file} cannot be written: {why}.</source>
      <translation>Impossible d’écrire {file} : {why}.</translation>
    </message>
  </context>
  <context>
    <name>cause</name>
    <message>
      <source>A protection could not be set</source>
      <translation>Une protection n’a pu être mise en place</translation>
    </message>
    <message>
      <source>No node has room now</source>
      <translation>Aucun nœud n’a de place</translation>
    </message>
    <message>
      <source>The WorldVPN agent does not answer</source>
      <translation>L’agent de WorldVPN ne répond pas</translation>
    </message>
    <message>
      <source>The firewall rules could not be set</source>
      <translation>Les règles du pare-feu n’ont pu être posées</translation>
    </message>
    <message>
      <source>The name servers could not be set</source>
      <translation>Les serveurs de noms n’ont pu être réglés</translation>
    </message>
    <message>
      <source>The node does not answer</source>
      <translation>Le nœud ne répond pas</translation>
    </message>
    <message>
      <source>The node refused our keys</source>
      <translation>Le nœud a refusé nos clés</translation>
    </message>
    <message>
      <source>The node stopped answering</source>
      <translation>Le nœud a cessé de répondre</translation>
    </message>
    <message>
      <source>The node's name was not found</source>
      <translation>Le nom du nœud est introuvable</translation>
    </message>
    <message>
      <source>The routes could not be set</source>
      <translation>Les routes n’ont pu être posées</translation>
    </message>
    <message>
      <source>The server cannot be reached</source>
      <translation>Le serveur est injoignable</translation>
    </message>
    <message>
      <source>The server is away and this session's credit is used up</source>
      <translation>Le serveur est absent et le crédit de cette session est épuisé</translation>
    </message>
    <message>
      <source>The tunnel's engine failed</source>
      <translation>Le moteur du tunnel a échoué</translation>
    </message>
    <message>
      <source>The vault with your keys is locked</source>
      <translation>Le coffre de vos clés est verrouillé</translation>
    </message>
    <message>
      <source>You are out of credit</source>
      <translation>Vous n’avez plus de crédit</translation>
    </message>
    <message>
      <source>You are signed out</source>
      <translation>Vous n’êtes plus identifié</translation>
    </message>
  </context>
  <context>
    <name>daemon</name>
    <message>
      <source>'{name}' is invited already: revoke it first</source>
      <translation>« {name} » est déjà invité : retirez-le d’abord</translation>
    </message>
    <message>
      <source>Ask the router</source>
      <translation>Demander au routeur</translation>
    </message>
    <message>
      <source>Asked through the tunnel instead of its own, from the next connection on.</source>
      <translation>Interrogés par le tunnel à la place des siens, dès la prochaine connexion.</translation>
    </message>
    <message>
      <source>Automatic</source>
      <translation>Automatique</translation>
    </message>
    <message>
      <source>Block the internet even while disconnected. Pausing is then refused.</source>
      <translation>Bloquer Internet même hors connexion. La pause est alors refusée.</translation>
    </message>
    <message>
      <source>Blocked nodes</source>
      <translation>Nœuds exclus</translation>
    </message>
    <message>
      <source>City</source>
      <translation>Ville</translation>
    </message>
    <message>
      <source>Connect by itself</source>
      <translation>Se connecter seul</translation>
    </message>
    <message>
      <source>Connections from outside</source>
      <translation>Connexions de l’extérieur</translation>
    </message>
    <message>
      <source>Connections of a guest</source>
      <translation>Connexions par invité</translation>
    </message>
    <message>
      <source>DNS servers</source>
      <translation>Serveurs DNS</translation>
    </message>
    <message>
      <source>Everything else</source>
      <translation>Tout le reste</translation>
    </message>
    <message>
      <source>Fastest node</source>
      <translation>Nœud le plus rapide</translation>
    </message>
    <message>
      <source>Favourite nodes</source>
      <translation>Nœuds favoris</translation>
    </message>
    <message>
      <source>File sharing</source>
      <translation>Partage de fichiers</translation>
    </message>
    <message>
      <source>GB</source>
      <translation>Go</translation>
    </message>
    <message>
      <source>Guests come by this UDP port.</source>
      <translation>Les invités arrivent par ce port UDP.</translation>
    </message>
    <message>
      <source>Guests will reach the internet through this computer, under its address: what they do there, you seem to do. They reach neither this computer nor your network. You may set limits, send a guest away, and stop at any time.</source>
      <translation>Les invités iront sur Internet par cet ordinateur, sous son adresse : ce qu’ils y font, c’est vous qui semblez le faire. Ils n’atteignent ni cet ordinateur ni votre réseau. Vous pouvez fixer des limites, renvoyer un invité et arrêter à tout moment.</translation>
    </message>
    <message>
      <source>Have your router forward this port to this computer, for as long as you share.</source>
      <translation>Votre routeur redirige ce port vers cet ordinateur, tant que vous partagez.</translation>
    </message>
    <message>
      <source>Hours</source>
      <translation>Horaires</translation>
    </message>
    <message>
      <source>How many connections one guest may have at once.</source>
      <translation>Combien de connexions un invité peut ouvrir à la fois.</translation>
    </message>
    <message>
      <source>How many guests may be invited.</source>
      <translation>Combien d’invités sont admis.</translation>
    </message>
    <message>
      <source>How nodes are reached, from the next connection on.</source>
      <translation>Comment les nœuds sont joints, dès la prochaine connexion.</translation>
    </message>
    <message>
      <source>Kill switch</source>
      <translation>Coupe-circuit</translation>
    </message>
    <message>
      <source>Kinds of traffic that guests do not have, told by port.</source>
      <translation>Types de trafic interdits aux invités, reconnus au port.</translation>
    </message>
    <message>
      <source>Less than {part} % of your credit is left ({n} credits): share your bandwidth to earn more.</source>
      <translation>Il reste moins de {part} % de votre crédit (soit {n}) : partagez votre débit pour en gagner.</translation>
    </message>
    <message>
      <source>Let new connections come in through the tunnel.</source>
      <translation>Laisser entrer de nouvelles connexions par le tunnel.</translation>
    </message>
    <message>
      <source>Listed in</source>
      <translation>Répertorié en</translation>
    </message>
    <message>
      <source>Local network</source>
      <translation>Réseau local</translation>
    </message>
    <message>
      <source>Lockdown</source>
      <translation>Verrouillage</translation>
    </message>
    <message>
      <source>Mail</source>
      <translation>Courriel</translation>
    </message>
    <message>
      <source>Mbit/s</source>
      <translation>Mbit/s</translation>
    </message>
    <message>
      <source>Most guests</source>
      <translation>Invités au plus</translation>
    </message>
    <message>
      <source>No limit</source>
      <translation>Sans limite</translation>
    </message>
    <message>
      <source>Node {id} no longer has the key known since {time}: it was set up anew, or somebody is posing as it. Block it if you do not expect that.</source>
      <translation>Le nœud {id} n’a plus la clé connue depuis {time} : il a été réinstallé, ou quelqu’un se fait passer pour lui. Bloquez-le si cela vous étonne.</translation>
    </message>
    <message>
      <source>Not listed</source>
      <translation>Non répertorié</translation>
    </message>
    <message>
      <source>Nothing leaves outside a tunnel that you asked for.</source>
      <translation>Rien ne sort hors du tunnel que vous avez demandé.</translation>
    </message>
    <message>
      <source>Nothing was changed: {why}</source>
      <translation>Rien n’a été changé : {why}</translation>
    </message>
    <message>
      <source>Off</source>
      <translation>Non</translation>
    </message>
    <message>
      <source>Port for guests</source>
      <translation>Port des invités</translation>
    </message>
    <message>
      <source>Ports that guests never reach, besides 25.</source>
      <translation>Ports que les invités n’atteignent jamais, en plus du 25.</translation>
    </message>
    <message>
      <source>Printers and other devices at home stay reachable.</source>
      <translation>Imprimantes et autres appareils de la maison restent joignables.</translation>
    </message>
    <message>
      <source>Protocol</source>
      <translation>Protocole</translation>
    </message>
    <message>
      <source>Public address</source>
      <translation>Adresse publique</translation>
    </message>
    <message>
      <source>Rate for each guest</source>
      <translation>Débit par invité</translation>
    </message>
    <message>
      <source>Rate for guests</source>
      <translation>Débit des invités</translation>
    </message>
    <message>
      <source>Refused ports</source>
      <translation>Ports refusés</translation>
    </message>
    <message>
      <source>Refused traffic</source>
      <translation>Trafic refusé</translation>
    </message>
    <message>
      <source>Remote control</source>
      <translation>Accès à distance</translation>
    </message>
    <message>
      <source>Serve guests even where you pay by the byte.</source>
      <translation>Servir les invités même là où le volume est facturé.</translation>
    </message>
    <message>
      <source>Serve guests even while this computer is blocked or in lockdown.</source>
      <translation>Servir les invités même si cet ordinateur est bloqué ou verrouillé.</translation>
    </message>
    <message>
      <source>Share on metered networks</source>
      <translation>Partager sur réseau facturé</translation>
    </message>
    <message>
      <source>Share while blocked</source>
      <translation>Partager pendant un blocage</translation>
    </message>
    <message>
      <source>Still connected as before, switching failed: {why}</source>
      <translation>Toujours connecté comme avant, le changement a échoué : {why}</translation>
    </message>
    <message>
      <source>The city that your node is found under, if you like.</source>
      <translation>La ville sous laquelle on le trouve, si vous voulez.</translation>
    </message>
    <message>
      <source>The country that your node is found under.</source>
      <translation>Le pays sous lequel on trouve votre nœud.</translation>
    </message>
    <message>
      <source>The kill switch is off: whenever the tunnel falls, your traffic leaves unprotected.</source>
      <translation>Le coupe-circuit est désactivé : chaque fois que le tunnel tombe, votre trafic sort sans protection.</translation>
    </message>
    <message>
      <source>The time zone of the hours and of the day.</source>
      <translation>Le fuseau des horaires et de la journée.</translation>
    </message>
    <message>
      <source>The vault stays locked: {why}</source>
      <translation>Le coffre reste verrouillé : {why}</translation>
    </message>
    <message>
      <source>The vault was damaged: what it held before its last change is used.</source>
      <translation>Le coffre était abîmé : on utilise ce qu’il gardait avant son dernier changement.</translation>
    </message>
    <message>
      <source>They are never taken, whatever is asked for.</source>
      <translation>Ils ne sont jamais pris, quoi qu’on demande.</translation>
    </message>
    <message>
      <source>They come first where a place leaves a choice.</source>
      <translation>Ils passent d’abord quand un lieu laisse le choix.</translation>
    </message>
    <message>
      <source>This computer's</source>
      <translation>Celui de cet ordinateur</translation>
    </message>
    <message>
      <source>This host is open, but not all of it is as it was: {why}</source>
      <translation>Cet ordinateur est ouvert, mais tout n’y est pas comme avant : {why}</translation>
    </message>
    <message>
      <source>Time zone</source>
      <translation>Fuseau horaire</translation>
    </message>
    <message>
      <source>Traffic a day</source>
      <translation>Trafic par jour</translation>
    </message>
    <message>
      <source>Web</source>
      <translation>Sites web</translation>
    </message>
    <message>
      <source>What one guest may have.</source>
      <translation>Ce dont un invité dispose.</translation>
    </message>
    <message>
      <source>What your guests may have together in a day.</source>
      <translation>Ce que vos invités peuvent avoir ensemble en un jour.</translation>
    </message>
    <message>
      <source>What your guests may have together.</source>
      <translation>Ce que vos invités peuvent avoir ensemble.</translation>
    </message>
    <message>
      <source>When guests are served: mon-fri 08:00-22:00. None: always.</source>
      <translation>Quand servir les invités : mon-fri 08:00-22:00. Vide : toujours.</translation>
    </message>
    <message>
      <source>When this computer starts, before you sign in.</source>
      <translation>Au démarrage de l’ordinateur, avant l’ouverture de session.</translation>
    </message>
    <message>
      <source>Where guests come to, as address:port, if you have set up your router yourself.</source>
      <translation>Où arrivent les invités, sous la forme adresse:port, si vous avez réglé votre routeur vous-même.</translation>
    </message>
    <message>
      <source>You have no credit left. Share your bandwidth to earn some, disconnect, or try again once what is held has been settled.</source>
      <translation>Vous n’avez plus de crédit. Partagez votre débit pour en gagner, déconnectez, ou réessayez quand ce qui est retenu aura été réglé.</translation>
    </message>
    <message>
      <source>You signed out: connect by a profile, or sign in again.</source>
      <translation>Vous avez quitté votre compte : connectez-vous par un profil, ou identifiez-vous à nouveau.</translation>
    </message>
    <message>
      <source>Your credit is used up. Share your bandwidth to earn more (worldvpn share on), disconnect (worldvpn disconnect), or try again (worldvpn connect).</source>
      <translation>Votre crédit est épuisé. Partagez votre débit pour en gagner (worldvpn share on), déconnectez (worldvpn disconnect), ou réessayez (worldvpn connect).</translation>
    </message>
    <message>
      <source>a plugin failed unexpectedly ({name}); the log says more</source>
      <translation>une extension a échoué sans qu’on s’y attende ({name}) ; le journal en dit plus</translation>
    </message>
    <message>
      <source>allow UPnP for this computer in your router, or forward UDP port {port} there by hand</source>
      <translation>autorisez l’UPnP pour cet ordinateur dans votre routeur, ou redirigez-y vous-même le port UDP {port}</translation>
    </message>
    <message>
      <source>ask your provider for a public address, or forward UDP port {port} in both</source>
      <translation>demandez une adresse publique à votre fournisseur, ou redirigez le port UDP {port} dans les deux</translation>
    </message>
    <message>
      <source>connect it to a network</source>
      <translation>connectez-le à un réseau</translation>
    </message>
    <message>
      <source>disconnect your own tunnel for a moment, or correct share_endpoint</source>
      <translation>coupez un instant votre propre tunnel, ou corrigez share_endpoint</translation>
    </message>
    <message>
      <source>enable the wireguard plugin</source>
      <translation>activez l’extension wireguard</translation>
    </message>
    <message>
      <source>forward UDP port {port} in your router by hand</source>
      <translation>redirigez vous-même le port UDP {port} dans votre routeur</translation>
    </message>
    <message>
      <source>guests can come</source>
      <translation>les invités peuvent venir</translation>
    </message>
    <message>
      <source>guests have used all you give in a day</source>
      <translation>les invités ont consommé tout ce que vous donnez par jour</translation>
    </message>
    <message>
      <source>guests have used nearly all you give in a day: those here may finish</source>
      <translation>les invités ont consommé presque tout ce que vous donnez par jour : les présents peuvent finir</translation>
    </message>
    <message>
      <source>in lockdown nobody is served until this computer is connected</source>
      <translation>sous verrouillage, personne n’est servi tant que cet ordinateur n’est pas connecté</translation>
    </message>
    <message>
      <source>it asks the tunnel's own resolver, inside the tunnel</source>
      <translation>il interroge le résolveur du tunnel, dans le tunnel</translation>
    </message>
    <message>
      <source>it goes to a container on this host</source>
      <translation>il va à un conteneur de cet ordinateur</translation>
    </message>
    <message>
      <source>it is carried by the tunnel</source>
      <translation>le tunnel le transporte</translation>
    </message>
    <message>
      <source>it is outside the hours you share in</source>
      <translation>c’est en dehors de vos horaires de partage</translation>
    </message>
    <message>
      <source>it is the traffic of a guest you serve</source>
      <translation>c’est le trafic d’un invité que vous servez</translation>
    </message>
    <message>
      <source>it is the tunnel's own outer traffic, from our socket to its server</source>
      <translation>c’est le trafic extérieur du tunnel, de notre socket à son serveur</translation>
    </message>
    <message>
      <source>it stays on this host</source>
      <translation>il reste sur cet ordinateur</translation>
    </message>
    <message>
      <source>lockdown needs the kill switch: switch lockdown off first, or leave kill_switch on</source>
      <translation>le verrouillage exige le coupe-circuit : levez d’abord le verrouillage, ou gardez kill_switch</translation>
    </message>
    <message>
      <source>names are asked only of the tunnel's own resolvers, inside the tunnel</source>
      <translation>les noms ne sont demandés qu’aux résolveurs du tunnel, dans le tunnel</translation>
    </message>
    <message>
      <source>neighbours and routers of this link are found by it</source>
      <translation>il sert à trouver les voisins et routeurs de ce lien</translation>
    </message>
    <message>
      <source>no handshake from {address} in {n} s: the server is down, this network does not let its packets through, or it does not know this client's key</source>
      <translation>aucune réponse de {address} en {n} s : le serveur est arrêté, ce réseau ne laisse pas passer ses paquets, ou il ne connaît pas la clé de ce client</translation>
    </message>
    <message>
      <source>no handshake from {address} in {n} s: {why}</source>
      <translation>aucune réponse de {address} en {n} s : {why}</translation>
    </message>
    <message>
      <source>no keyring answers in this session</source>
      <translation>aucun trousseau ne répond dans cette session</translation>
    </message>
    <message>
      <source>no new guests are taken now</source>
      <translation>aucun nouvel invité n’est accepté en ce moment</translation>
    </message>
    <message>
      <source>no node is known at {place}: try its country</source>
      <translation>aucun nœud connu à {place} : essayez son pays</translation>
    </message>
    <message>
      <source>no other node is to be had at {place} than those to be avoided</source>
      <translation>à {place}, il n’y a pas d’autre nœud que ceux à éviter</translation>
    </message>
    <message>
      <source>no plugin here goes through the directory's nodes: connect by a profile</source>
      <translation>aucune extension ne passe ici par les nœuds de l’annuaire : connectez-vous par un profil</translation>
    </message>
    <message>
      <source>no plugin here lets guests out: enable one in daemon.toml</source>
      <translation>aucune extension ne laisse sortir les invités : activez-en une dans daemon.toml</translation>
    </message>
    <message>
      <source>no rule speaks of it</source>
      <translation>aucune règle n’en parle</translation>
    </message>
    <message>
      <source>nobody is served now: share first (worldvpn share on)</source>
      <translation>personne n’est servi : partagez d’abord (worldvpn share on)</translation>
    </message>
    <message>
      <source>nobody is signed in on this computer</source>
      <translation>personne n’est identifié sur cet ordinateur</translation>
    </message>
    <message>
      <source>nobody is signed in: guests cannot be sent</source>
      <translation>personne n’est identifié : aucun invité ne peut être envoyé</translation>
    </message>
    <message>
      <source>open UDP port {port} in your router and firewall</source>
      <translation>ouvrez le port UDP {port} dans votre routeur et votre pare-feu</translation>
    </message>
    <message>
      <source>profile {name} is in use: disconnect first</source>
      <translation>le profil {name} est utilisé : déconnectez d’abord</translation>
    </message>
    <message>
      <source>protocol cannot be {name}, which no plugin here offers: choose none (automatic)</source>
      <translation>le protocole ne peut être {name}, qu’aucune extension n’offre ici : choisissez automatique (none)</translation>
    </message>
    <message>
      <source>protocol cannot be {name}, which no plugin here offers: choose none (automatic) or {names}</source>
      <translation>le protocole ne peut être {name}, qu’aucune extension n’offre ici : choisissez automatique (none) ou {names}</translation>
    </message>
    <message>
      <source>say which country this computer is in: worldvpn settings share_country CC</source>
      <translation>dites dans quel pays est cet ordinateur : worldvpn settings share_country CC</translation>
    </message>
    <message>
      <source>see whether another firewall on this computer drops forwarded packets</source>
      <translation>vérifiez si un autre pare-feu de cet ordinateur jette les paquets transmis</translation>
    </message>
    <message>
      <source>setting {name} cannot be {value}: it is {words}</source>
      <translation>le réglage {name} ne peut valoir {value} : {words}</translation>
    </message>
    <message>
      <source>sharing is about to pause: those here may finish</source>
      <translation>le partage va se mettre en pause : les présents peuvent finir</translation>
    </message>
    <message>
      <source>somebody is signing in on this computer right now</source>
      <translation>quelqu’un s’identifie sur cet ordinateur en ce moment</translation>
    </message>
    <message>
      <source>switch UPnP on in your router, or forward UDP port {port} there by hand</source>
      <translation>activez l’UPnP dans votre routeur, ou redirigez-y vous-même le port UDP {port}</translation>
    </message>
    <message>
      <source>switch UPnP or NAT-PMP on in your router, or forward UDP port {port} there by hand</source>
      <translation>activez l’UPnP ou le NAT-PMP dans votre routeur, ou redirigez-y vous-même le port UDP {port}</translation>
    </message>
    <message>
      <source>switch it on, or forward UDP port {port} in your router by hand</source>
      <translation>activez-le, ou redirigez vous-même le port UDP {port} dans votre routeur</translation>
    </message>
    <message>
      <source>the central server could not reach the port</source>
      <translation>le serveur central n’a pas pu atteindre le port</translation>
    </message>
    <message>
      <source>the central server could not reach the port: open it in your router</source>
      <translation>le serveur central n’a pu atteindre le port : ouvrez-le dans votre routeur</translation>
    </message>
    <message>
      <source>the central server does not see this computer at that address</source>
      <translation>le serveur central ne voit pas cet ordinateur à cette adresse</translation>
    </message>
    <message>
      <source>the central server ended the session: {reason}</source>
      <translation>le serveur central a mis fin à la session : {reason}</translation>
    </message>
    <message>
      <source>the central server has no time to check this computer now: it is asked again soon</source>
      <translation>le serveur central n’a pas le temps de vérifier cet ordinateur : il sera bientôt sollicité de nouveau</translation>
    </message>
    <message>
      <source>the central server knows no address of this computer</source>
      <translation>le serveur central ne connaît aucune adresse de cet ordinateur</translation>
    </message>
    <message>
      <source>the chosen protocol {name} is not installed: install its plugin, or choose another protocol in the settings</source>
      <translation>le protocole choisi, {name}, n’est pas installé : installez son extension, ou choisissez un autre protocole dans les réglages</translation>
    </message>
    <message>
      <source>the daemon was started again while a tunnel was wanted; connecting</source>
      <translation>le service a redémarré alors qu’un tunnel était voulu ; connexion en cours</translation>
    </message>
    <message>
      <source>the daemon was stopped while a tunnel is wanted; the block stays</source>
      <translation>le service a été arrêté alors qu’un tunnel est voulu ; le blocage demeure</translation>
    </message>
    <message>
      <source>the handshake worked, but nothing came back through the tunnel</source>
      <translation>la prise de contact a réussi, mais rien n’est revenu par le tunnel</translation>
    </message>
    <message>
      <source>the hours you share in end soon: those here may finish</source>
      <translation>vos horaires de partage se terminent bientôt : les présents peuvent finir</translation>
    </message>
    <message>
      <source>the keyring did not answer in {limit_s} s; its prompt may still be open</source>
      <translation>le trousseau n’a pas répondu en {limit_s} s ; sa demande est peut-être encore affichée</translation>
    </message>
    <message>
      <source>the keyring did not keep the key it was given</source>
      <translation>le trousseau n’a pas gardé la clé qui lui a été confiée</translation>
    </message>
    <message>
      <source>the keyring failed ({backend})</source>
      <translation>le trousseau a échoué ({backend})</translation>
    </message>
    <message>
      <source>the keyring here is {backend}, which is not trusted with a key: only Secret Service, KWallet, Windows and macOS are</source>
      <translation>le trousseau d’ici est {backend}, auquel aucune clé n’est confiée ; seuls Secret Service, KWallet, Windows et macOS en reçoivent</translation>
    </message>
    <message>
      <source>the keyring holds no key of this vault: it may be another user's, or was reset</source>
      <translation>le trousseau n’a aucune clé de ce coffre : c’est peut-être celui d’un autre utilisateur, ou il a été réinitialisé</translation>
    </message>
    <message>
      <source>the keyring stayed locked: its prompt was dismissed, or could not be shown here</source>
      <translation>le trousseau est resté verrouillé : sa demande a été refusée, ou n’a pas pu s’afficher ici</translation>
    </message>
    <message>
      <source>the keyring was not waited for any longer; its prompt may still be open</source>
      <translation>le trousseau n’a pas été attendu plus longtemps ; sa demande est peut-être encore affichée</translation>
    </message>
    <message>
      <source>the kill switch lets nothing leave outside the tunnel</source>
      <translation>le coupe-circuit ne laisse rien sortir hors du tunnel</translation>
    </message>
    <message>
      <source>the lease of this network's address is kept by it</source>
      <translation>il garde le bail de l’adresse sur ce réseau</translation>
    </message>
    <message>
      <source>the node ended the session ({reason}): taking another one</source>
      <translation>le nœud a mis fin à la session ({reason}) : on en prend un autre</translation>
    </message>
    <message>
      <source>the node opens anew under the server's networks</source>
      <translation>le nœud redémarre avec les réseaux donnés par le serveur</translation>
    </message>
    <message>
      <source>the partial tunnel does not protect it</source>
      <translation>le tunnel partiel ne le protège pas</translation>
    </message>
    <message>
      <source>the pause is over; connecting again</source>
      <translation>la pause est finie ; reconnexion</translation>
    </message>
    <message>
      <source>the protocol that guests would use could not be checked</source>
      <translation>le protocole que prendraient les invités n’a pas pu être vérifié</translation>
    </message>
    <message>
      <source>the rules of this computer could not be set, so nobody is served</source>
      <translation>les règles de cet ordinateur n’ont pu être posées, donc personne n’est servi</translation>
    </message>
    <message>
      <source>the session's ticket has ended, and there is no new one: {why}</source>
      <translation>le ticket de la session a expiré, et il n’y en a pas de nouveau : {why}</translation>
    </message>
    <message>
      <source>the tunnel does not carry this address</source>
      <translation>le tunnel ne transporte pas cette adresse</translation>
    </message>
    <message>
      <source>the vault is locked, and the account's keys have no other place: unlock it first</source>
      <translation>le coffre est verrouillé, et les clés du compte n’ont pas d’autre place : ouvrez-le d’abord</translation>
    </message>
    <message>
      <source>the vault is locked: unlock it first</source>
      <translation>le coffre est verrouillé : ouvrez-le d’abord</translation>
    </message>
    <message>
      <source>the {kind} does not open this vault</source>
      <translation>cela n’ouvre pas ce coffre ({kind})</translation>
    </message>
    <message>
      <source>this address is protected, and may be reached through the tunnel only</source>
      <translation>cette adresse est protégée et ne s’atteint que par le tunnel</translation>
    </message>
    <message>
      <source>this computer did not answer the central server in time</source>
      <translation>cet ordinateur n’a pas répondu à temps au serveur central</translation>
    </message>
    <message>
      <source>this computer has no way to the internet over IPv4</source>
      <translation>cet ordinateur n’a pas d’accès à Internet en IPv4</translation>
    </message>
    <message>
      <source>this computer is blocked, and nobody is served until it is connected again</source>
      <translation>cet ordinateur est bloqué, et personne n’est servi avant sa reconnexion</translation>
    </message>
    <message>
      <source>this network is metered: you would pay for guests' traffic</source>
      <translation>ce réseau est facturé au volume : vous paieriez le trafic des invités</translation>
    </message>
    <message>
      <source>transport {name} did not open in {n} s</source>
      <translation>le transport {name} ne s’est pas ouvert en {n} s</translation>
    </message>
    <message>
      <source>wait: the server is told again by itself</source>
      <translation>patientez : l’adresse sera transmise de nouveau toute seule</translation>
    </message>
    <message>
      <source>wait: the server tries again by itself</source>
      <translation>patientez : le serveur réessaiera de lui-même</translation>
    </message>
    <message>
      <source>what guests carry cannot be written to the disk: it may be full</source>
      <translation>ce que transportent les invités ne peut pas être écrit sur le disque : il est peut-être plein</translation>
    </message>
    <message>
      <source>without the kill switch your traffic leaves unprotected whenever the tunnel falls</source>
      <translation>sans le coupe-circuit, votre trafic sort sans protection chaque fois que le tunnel tombe</translation>
    </message>
    <message>
      <source>worldvpn-agent is being started again: until then no profile is read and no name resolved.</source>
      <translation>worldvpn-agent est en cours de relance : d’ici là, aucun profil n’est lu et aucun nom n’est résolu.</translation>
    </message>
    <message>
      <source>you allowed the local network</source>
      <translation>vous avez autorisé le réseau local</translation>
    </message>
    <message>
      <source>you have paused sharing</source>
      <translation>vous avez mis le partage en pause</translation>
    </message>
    <message>
      <source>you sent it away</source>
      <translation>vous l’avez renvoyé</translation>
    </message>
    <message>
      <source>your own tunnel hides this computer's address from the central server: disconnect for a moment, and guests find it from then on</source>
      <translation>votre propre tunnel cache l’adresse de cet ordinateur au serveur central : déconnectez-vous un instant, et les invités le trouveront ensuite</translation>
    </message>
    <message>
      <source>your router does not answer when it is asked to forward the port</source>
      <translation>votre routeur ne répond pas quand on lui demande de rediriger le port</translation>
    </message>
    <message>
      <source>your router has no public address of its own: there is another router in front of it</source>
      <translation>votre routeur n’a pas lui-même d’adresse publique : il est derrière un autre routeur</translation>
    </message>
    <message>
      <source>your router refuses to forward the port</source>
      <translation>votre routeur refuse de rediriger le port</translation>
    </message>
    <message>
      <source>your router uses another port for each destination, so guests cannot be told which one</source>
      <translation>votre routeur utilise un autre port pour chaque destination : on ne peut indiquer lequel aux invités</translation>
    </message>
    <message>
      <source>your router uses another port for each guest: open the port in your router</source>
      <translation>votre routeur utilise un autre port pour chaque invité : ouvrez le port dans votre routeur</translation>
    </message>
    <message>
      <source>your router was not asked: share_router is off</source>
      <translation>votre routeur n’a pas été sollicité : share_router est désactivé</translation>
    </message>
    <message>
      <source>your router's answer makes no sense</source>
      <translation>la réponse de votre routeur n’a pas de sens</translation>
    </message>
    <message>
      <source>{address} no longer answers: {n} probes went unanswered</source>
      <translation>{address} ne répond plus : {n} sondes sont restées sans réponse</translation>
    </message>
    <message>
      <source>{name} (not installed)</source>
      <translation>{name} (non installé)</translation>
    </message>
    <message>
      <source>{name} is signed in on this computer: sign out first</source>
      <translation>{name} est identifié sur cet ordinateur : quittez d’abord ce compte</translation>
    </message>
    <message>
      <source>{n} devices are invited already: revoke one first</source>
      <translation>{n} appareils sont déjà invités : retirez-en un d’abord</translation>
    </message>
    <message>
      <source>{packet} is refused: {why} ({rule}).</source>
      <translation>{packet} est refusé : {why} ({rule}).</translation>
    </message>
    <message>
      <source>{packet} may leave: the kill switch is open.</source>
      <translation>{packet} peut sortir : le coupe-circuit laisse tout passer.</translation>
    </message>
    <message>
      <source>{packet} may leave: {why} ({rule}).</source>
      <translation>{packet} peut sortir : {why} ({rule}).</translation>
    </message>
  </context>
  <context>
    <name>diagnostics</name>
    <message>
      <source>Address from your router (DHCP)</source>
      <translation>Adresse donnée par le routeur (DHCP)</translation>
    </message>
    <message>
      <source>Amount</source>
      <translation>Volume</translation>
    </message>
    <message>
      <source>Answers in time</source>
      <translation>Répond à temps</translation>
    </message>
    <message>
      <source>Ask</source>
      <translation>Demander</translation>
    </message>
    <message>
      <source>Ask what happens to any traffic.</source>
      <translation>Demandez ce que devient n’importe quel trafic.</translation>
    </message>
    <message>
      <source>Asking the node.</source>
      <translation>On interroge le nœud.</translation>
    </message>
    <message>
      <source>Changes</source>
      <translation>Changements</translation>
    </message>
    <message>
      <source>Changing</source>
      <translation>En cours</translation>
    </message>
    <message>
      <source>Copy</source>
      <translation>Copier</translation>
    </message>
    <message>
      <source>Destination</source>
      <translation>Destination</translation>
    </message>
    <message>
      <source>Diagnostics</source>
      <translation>Diagnostic</translation>
    </message>
    <message>
      <source>Down</source>
      <translation>Tombé</translation>
    </message>
    <message>
      <source>Everything</source>
      <translation>Tout</translation>
    </message>
    <message>
      <source>Everything goes through the tunnel</source>
      <translation>Tout passe par le tunnel</translation>
    </message>
    <message>
      <source>Failed</source>
      <translation>En échec</translation>
    </message>
    <message>
      <source>Firewall</source>
      <translation>Pare-feu</translation>
    </message>
    <message>
      <source>Follows newest</source>
      <translation>Suit le plus récent</translation>
    </message>
    <message>
      <source>For your guests</source>
      <translation>Pour vos invités</translation>
    </message>
    <message>
      <source>IP packets only, no raw frames</source>
      <translation>Paquets IP seulement, pas de trames brutes</translation>
    </message>
    <message>
      <source>In place</source>
      <translation>En place</translation>
    </message>
    <message>
      <source>In reach</source>
      <translation>Joignable</translation>
    </message>
    <message>
      <source>It is asked again by itself.</source>
      <translation>Il sera de nouveau interrogé tout seul.</translation>
    </message>
    <message>
      <source>Left outside the tunnel</source>
      <translation>Sorti hors du tunnel</translation>
    </message>
    <message>
      <source>Local network, as you allow</source>
      <translation>Réseau local, que vous permettez</translation>
    </message>
    <message>
      <source>Log</source>
      <translation>Journal</translation>
    </message>
    <message>
      <source>MTU {n}</source>
      <translation>MTU {n}</translation>
    </message>
    <message>
      <source>Make a report</source>
      <translation>Faire un rapport</translation>
    </message>
    <message>
      <source>May leave</source>
      <translation>Peut sortir</translation>
    </message>
    <message>
      <source>Neighbour discovery</source>
      <translation>Découverte des voisins</translation>
    </message>
    <message>
      <source>No name, address, id or key is in it</source>
      <translation>Sans nom, adresse, identifiant ni clé</translation>
    </message>
    <message>
      <source>None</source>
      <translation>Aucun</translation>
    </message>
    <message>
      <source>None was asked for.</source>
      <translation>Vous n’en avez pas demandé.</translation>
    </message>
    <message>
      <source>Not asked</source>
      <translation>Pas demandé</translation>
    </message>
    <message>
      <source>Nothing has changed since the app was opened.</source>
      <translation>Rien n’a changé depuis l’ouverture de l’application.</translation>
    </message>
    <message>
      <source>Nothing leaves this computer</source>
      <translation>Rien ne sort de cet ordinateur</translation>
    </message>
    <message>
      <source>Only the owner sees the service's own lines.</source>
      <translation>Seul le propriétaire voit les lignes du service.</translation>
    </message>
    <message>
      <source>Open</source>
      <translation>Ouvert</translation>
    </message>
    <message>
      <source>Outside a partial tunnel</source>
      <translation>Hors d’un tunnel partiel</translation>
    </message>
    <message>
      <source>Packets</source>
      <translation>Paquets</translation>
    </message>
    <message>
      <source>Problems</source>
      <translation>Problèmes</translation>
    </message>
    <message>
      <source>Raw frames are filtered too</source>
      <translation>Trames brutes filtrées aussi</translation>
    </message>
    <message>
      <source>Refused</source>
      <translation>Refusé</translation>
    </message>
    <message>
      <source>Refused, so it did not leave</source>
      <translation>Refusé, donc resté ici</translation>
    </message>
    <message>
      <source>Save the report</source>
      <translation>Enregistrer le rapport</translation>
    </message>
    <message>
      <source>Server</source>
      <translation>Serveur</translation>
    </message>
    <message>
      <source>Sharing is {state}</source>
      <translation>Partage : {state}</translation>
    </message>
    <message>
      <source>Some traffic may leave outside it</source>
      <translation>Une partie du trafic peut sortir hors du tunnel</translation>
    </message>
    <message>
      <source>The rules are not in place.</source>
      <translation>Les règles ne sont pas en place.</translation>
    </message>
    <message>
      <source>The server is {reach}</source>
      <translation>Serveur : {reach}</translation>
    </message>
    <message>
      <source>The service went away; the app is looking for it</source>
      <translation>Le service a disparu ; l’application le cherche</translation>
    </message>
    <message>
      <source>There is no tunnel.</source>
      <translation>Il n’y a pas de tunnel.</translation>
    </message>
    <message>
      <source>This computer uses profiles of its own.</source>
      <translation>Cet ordinateur utilise ses propres profils.</translation>
    </message>
    <message>
      <source>To the node, encrypted</source>
      <translation>Vers le nœud, chiffré</translation>
    </message>
    <message>
      <source>To the server</source>
      <translation>Vers le serveur</translation>
    </message>
    <message>
      <source>Traffic is free, as you chose</source>
      <translation>Le trafic est libre, c’est votre choix</translation>
    </message>
    <message>
      <source>Tunnel</source>
      <translation>Tunnel</translation>
    </message>
    <message>
      <source>Up</source>
      <translation>Établi</translation>
    </message>
    <message>
      <source>What</source>
      <translation>Quoi</translation>
    </message>
    <message>
      <source>While traffic is free by your choice, nothing is counted. Counters are read every 10 s: the last seconds of a rule that is gone may be missing.</source>
      <translation>Tant que le trafic est libre par votre choix, rien n’est compté. Les compteurs sont lus toutes les 10 s : les dernières secondes d’une règle disparue peuvent manquer.</translation>
    </message>
    <message>
      <source>Why?</source>
      <translation>Pourquoi ?</translation>
    </message>
    <message>
      <source>Write an address, a port and a protocol, such as 192.0.2.1:443/tcp. Names are not looked up.</source>
      <translation>Écrivez une adresse, un port et un protocole, comme 192.0.2.1:443/tcp. Les noms ne sont pas cherchés.</translation>
    </message>
    <message>
      <source>app</source>
      <translation>appli</translation>
    </message>
    <message>
      <source>connecting</source>
      <translation>connexion en cours</translation>
    </message>
    <message>
      <source>in reach</source>
      <translation>joignable</translation>
    </message>
    <message>
      <source>not told by this service</source>
      <translation>non dit par ce service</translation>
    </message>
    <message>
      <source>notice</source>
      <translation>avis</translation>
    </message>
    <message>
      <source>off</source>
      <translation>arrêté</translation>
    </message>
    <message>
      <source>offline</source>
      <translation>injoignable</translation>
    </message>
    <message>
      <source>on</source>
      <translation>en marche</translation>
    </message>
    <message>
      <source>server</source>
      <translation>serveur</translation>
    </message>
    <message>
      <source>sharing</source>
      <translation>partage</translation>
    </message>
    <message>
      <source>since start, {span}</source>
      <translation>depuis le démarrage, {span}</translation>
    </message>
    <message>
      <source>starting</source>
      <translation>en cours de démarrage</translation>
    </message>
    <message>
      <source>stopping</source>
      <translation>en cours d’arrêt</translation>
    </message>
    <message>
      <source>tunnel</source>
      <translation>tunnel</translation>
    </message>
    <message numerus="yes">
      <source>{n} packets so far.</source>
      <translation>
        <numerusform>{n} paquet jusqu’ici.</numerusform>
        <numerusform>{n} paquets jusqu’ici.</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>figures</name>
    <message>
      <source>Mbit/s</source>
      <translation>Mbit/s</translation>
    </message>
    <message>
      <source>{days} d {hours} h</source>
      <translation>{days} j {hours} h</translation>
    </message>
    <message>
      <source>{hours} h {minutes} min</source>
      <translation>{hours} h {minutes} min</translation>
    </message>
    <message>
      <source>{n} GB</source>
      <translation>{n} Go</translation>
    </message>
    <message>
      <source>{n} Mbit/s</source>
      <translation>{n} Mbit/s</translation>
    </message>
    <message>
      <source>{n} kbit/s</source>
      <translation>{n} kbit/s</translation>
    </message>
    <message>
      <source>{n} min</source>
      <translation>{n} min</translation>
    </message>
    <message>
      <source>{n} ms</source>
      <translation>{n} ms</translation>
    </message>
    <message>
      <source>{n} s</source>
      <translation>{n} s</translation>
    </message>
  </context>
  <context>
    <name>home</name>
    <message>
      <source>Address visible</source>
      <translation>Adresse visible</translation>
    </message>
    <message>
      <source>App is older</source>
      <translation>Application dépassée</translation>
    </message>
    <message>
      <source>Balance lasts</source>
      <translation>Le solde suffit pour</translation>
    </message>
    <message>
      <source>Blocked</source>
      <translation>Bloqué</translation>
    </message>
    <message>
      <source>Blocked for</source>
      <translation>Bloqué depuis</translation>
    </message>
    <message>
      <source>Blocked: nothing leaves</source>
      <translation>Bloqué : rien ne sort</translation>
    </message>
    <message>
      <source>Both paths are protected.</source>
      <translation>Les deux chemins sont protégés.</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Annuler</translation>
    </message>
    <message>
      <source>Choose node</source>
      <translation>Autre nœud</translation>
    </message>
    <message>
      <source>Choose on map</source>
      <translation>Sur la carte</translation>
    </message>
    <message>
      <source>Closing the tunnel</source>
      <translation>Fermeture du tunnel</translation>
    </message>
    <message>
      <source>Connect</source>
      <translation>Connecter</translation>
    </message>
    <message>
      <source>Connect again</source>
      <translation>Reconnecter</translation>
    </message>
    <message>
      <source>Connect to</source>
      <translation>Se connecter à</translation>
    </message>
    <message>
      <source>Connect to use the internet</source>
      <translation>Connectez-vous pour utiliser Internet</translation>
    </message>
    <message>
      <source>Connected</source>
      <translation>Connecté</translation>
    </message>
    <message>
      <source>Connected in part</source>
      <translation>Connecté en partie</translation>
    </message>
    <message>
      <source>Connecting</source>
      <translation>Connexion</translation>
    </message>
    <message>
      <source>Connection</source>
      <translation>Connexion</translation>
    </message>
    <message>
      <source>Connects again by itself</source>
      <translation>Se reconnecte tout seul</translation>
    </message>
    <message>
      <source>DNS</source>
      <translation>DNS</translation>
    </message>
    <message>
      <source>Disconnect</source>
      <translation>Déconnecter</translation>
    </message>
    <message>
      <source>Disconnected</source>
      <translation>Déconnecté</translation>
    </message>
    <message>
      <source>Disconnecting</source>
      <translation>Déconnexion</translation>
    </message>
    <message>
      <source>Down: {now} now, {least} to {most}.</source>
      <translation>Réception : {now}, de {least} à {most}.</translation>
    </message>
    <message>
      <source>Earned, not yet yours</source>
      <translation>Gagnés, pas encore à vous</translation>
    </message>
    <message>
      <source>Exit address</source>
      <translation>Adresse de sortie</translation>
    </message>
    <message>
      <source>Fastest</source>
      <translation>Le plus rapide</translation>
    </message>
    <message>
      <source>Fastest node</source>
      <translation>Nœud le plus rapide</translation>
    </message>
    <message>
      <source>Favourite</source>
      <translation>Favori</translation>
    </message>
    <message>
      <source>Held for sessions</source>
      <translation>Retenus pour des sessions</translation>
    </message>
    <message>
      <source>Hidden: nothing leaves</source>
      <translation>Cachée : rien ne sort</translation>
    </message>
    <message>
      <source>Home</source>
      <translation>Accueil</translation>
    </message>
    <message>
      <source>In place</source>
      <translation>En place</translation>
    </message>
    <message>
      <source>In reach</source>
      <translation>Joignable</translation>
    </message>
    <message>
      <source>It goes on by itself.</source>
      <translation>Cela reprend tout seul.</translation>
    </message>
    <message>
      <source>Kill switch failed</source>
      <translation>Coupe-circuit en échec</translation>
    </message>
    <message>
      <source>Kill switch holding</source>
      <translation>Coupe-circuit : blocage</translation>
    </message>
    <message>
      <source>Kill switch holding since {time}</source>
      <translation>Coupe-circuit : bloque depuis {time}</translation>
    </message>
    <message>
      <source>Kill switch off</source>
      <translation>Sans coupe-circuit</translation>
    </message>
    <message>
      <source>Kill switch on</source>
      <translation>Coupe-circuit actif</translation>
    </message>
    <message>
      <source>Kill switch waits for a tunnel</source>
      <translation>Coupe-circuit en attente d’un tunnel</translation>
    </message>
    <message>
      <source>Last used</source>
      <translation>Le dernier</translation>
    </message>
    <message>
      <source>Latency</source>
      <translation>Latence</translation>
    </message>
    <message>
      <source>Leaves unprotected</source>
      <translation>Sort sans protection</translation>
    </message>
    <message>
      <source>Local network off</source>
      <translation>Réseau local coupé</translation>
    </message>
    <message>
      <source>Local network on</source>
      <translation>Réseau local permis</translation>
    </message>
    <message>
      <source>Lockdown: nothing leaves</source>
      <translation>Verrouillage : rien ne sort</translation>
    </message>
    <message>
      <source>May be visible</source>
      <translation>Peut-être visible</translation>
    </message>
    <message>
      <source>Next try in {n} s.</source>
      <translation>Prochain essai dans {n} s.</translation>
    </message>
    <message>
      <source>No tunnel, so there is nothing to measure here.</source>
      <translation>Pas de tunnel, donc rien à mesurer ici.</translation>
    </message>
    <message>
      <source>Node address</source>
      <translation>Nœud</translation>
    </message>
    <message>
      <source>Node {id}</source>
      <translation>Nœud {id}</translation>
    </message>
    <message>
      <source>None while blocked</source>
      <translation>Aucune, bloqué</translation>
    </message>
    <message>
      <source>None, own profiles only</source>
      <translation>Aucun, profils seuls</translation>
    </message>
    <message>
      <source>Not connected</source>
      <translation>Non connecté</translation>
    </message>
    <message>
      <source>Not in place</source>
      <translation>Absentes</translation>
    </message>
    <message>
      <source>Not known</source>
      <translation>Inconnu</translation>
    </message>
    <message>
      <source>Not protected for {time}</source>
      <translation>Sans protection pendant {time}</translation>
    </message>
    <message>
      <source>Not signed in</source>
      <translation>Non identifié</translation>
    </message>
    <message>
      <source>Nothing leaves</source>
      <translation>Rien ne sort</translation>
    </message>
    <message>
      <source>Nothing leaves this computer.</source>
      <translation>Rien ne sort de cet ordinateur.</translation>
    </message>
    <message>
      <source>Nothing leaves until it is closed.</source>
      <translation>Rien ne sort avant sa fermeture.</translation>
    </message>
    <message>
      <source>Nothing leaves yet.</source>
      <translation>Rien ne sort encore.</translation>
    </message>
    <message>
      <source>Nothing leaves.</source>
      <translation>Rien ne sort.</translation>
    </message>
    <message>
      <source>Now</source>
      <translation>Maintenant</translation>
    </message>
    <message>
      <source>Obfuscated</source>
      <translation>Masqué</translation>
    </message>
    <message>
      <source>Off</source>
      <translation>Non</translation>
    </message>
    <message>
      <source>Off, earns nothing</source>
      <translation>Non, ne rapporte rien</translation>
    </message>
    <message>
      <source>Off, your choice</source>
      <translation>Non, c’est votre choix</translation>
    </message>
    <message>
      <source>On</source>
      <translation>Oui</translation>
    </message>
    <message>
      <source>Own profile</source>
      <translation>Profil personnel</translation>
    </message>
    <message>
      <source>Pause</source>
      <translation>Pause</translation>
    </message>
    <message>
      <source>Pause longer</source>
      <translation>Prolonger</translation>
    </message>
    <message>
      <source>Paused</source>
      <translation>En pause</translation>
    </message>
    <message>
      <source>Protect now</source>
      <translation>Protéger maintenant</translation>
    </message>
    <message>
      <source>Protects only {ranges}</source>
      <translation>Ne protège que {ranges}</translation>
    </message>
    <message>
      <source>Protocol</source>
      <translation>Protocole</translation>
    </message>
    <message>
      <source>Put away</source>
      <translation>Masquer</translation>
    </message>
    <message>
      <source>Refused</source>
      <translation>Refusé</translation>
    </message>
    <message>
      <source>Refused until connected</source>
      <translation>Refusé avant connexion</translation>
    </message>
    <message>
      <source>Resume now</source>
      <translation>Reprendre maintenant</translation>
    </message>
    <message>
      <source>Right now</source>
      <translation>En ce moment</translation>
    </message>
    <message>
      <source>Rules</source>
      <translation>Règles</translation>
    </message>
    <message>
      <source>Server</source>
      <translation>Serveur</translation>
    </message>
    <message>
      <source>Service away</source>
      <translation>Service absent</translation>
    </message>
    <message>
      <source>Share to earn</source>
      <translation>Partager pour gagner</translation>
    </message>
    <message>
      <source>Sharing</source>
      <translation>Partage</translation>
    </message>
    <message>
      <source>Show why</source>
      <translation>Voir pourquoi</translation>
    </message>
    <message>
      <source>Sign in</source>
      <translation>S’identifier</translation>
    </message>
    <message>
      <source>Sign in to connect</source>
      <translation>S’identifier d’abord</translation>
    </message>
    <message>
      <source>Since</source>
      <translation>Depuis</translation>
    </message>
    <message>
      <source>Sites see your own address</source>
      <translation>Les sites voient votre propre adresse</translation>
    </message>
    <message>
      <source>Switch node</source>
      <translation>Autre nœud</translation>
    </message>
    <message>
      <source>Switch to</source>
      <translation>Changer pour</translation>
    </message>
    <message>
      <source>Switching</source>
      <translation>Changement</translation>
    </message>
    <message>
      <source>The firewall rules are not in place</source>
      <translation>Les règles du pare-feu ne sont pas en place</translation>
    </message>
    <message>
      <source>There is no tunnel</source>
      <translation>Il n’y a pas de tunnel</translation>
    </message>
    <message>
      <source>There is nothing to choose from yet</source>
      <translation>Il n’y a encore rien à choisir</translation>
    </message>
    <message>
      <source>This app is older than the service.</source>
      <translation>Cette application est plus ancienne que le service.</translation>
    </message>
    <message>
      <source>Through the tunnel</source>
      <translation>Par le tunnel</translation>
    </message>
    <message>
      <source>Time</source>
      <translation>Durée</translation>
    </message>
    <message>
      <source>To spend</source>
      <translation>À dépenser</translation>
    </message>
    <message>
      <source>Traffic</source>
      <translation>Trafic</translation>
    </message>
    <message>
      <source>Traffic may leak</source>
      <translation>Fuite possible</translation>
    </message>
    <message>
      <source>Traffic outside the tunnel is not measured here.</source>
      <translation>Le trafic hors du tunnel n’est pas mesuré ici.</translation>
    </message>
    <message>
      <source>Try again</source>
      <translation>Réessayer</translation>
    </message>
    <message>
      <source>Try now</source>
      <translation>Essayer maintenant</translation>
    </message>
    <message>
      <source>Trying again now.</source>
      <translation>Nouvel essai.</translation>
    </message>
    <message>
      <source>Trying to reach it.</source>
      <translation>On tente de le joindre.</translation>
    </message>
    <message>
      <source>Trying {protocol}.</source>
      <translation>Essai de {protocol}.</translation>
    </message>
    <message>
      <source>Unprotected</source>
      <translation>Sans protection</translation>
    </message>
    <message>
      <source>Unprotected: {cause}.</source>
      <translation>Sans protection : {cause}.</translation>
    </message>
    <message>
      <source>Up: {now} now, {least} to {most}.</source>
      <translation>Envoi : {now}, de {least} à {most}.</translation>
    </message>
    <message>
      <source>Vault locked</source>
      <translation>Coffre verrouillé</translation>
    </message>
    <message>
      <source>Visible to sites</source>
      <translation>Visible des sites</translation>
    </message>
    <message>
      <source>Your address</source>
      <translation>Votre adresse</translation>
    </message>
    <message>
      <source>Your credit</source>
      <translation>Votre crédit</translation>
    </message>
    <message>
      <source>Your provider sees names</source>
      <translation>Vu de votre opérateur</translation>
    </message>
    <message>
      <source>Your traffic can leave freely.</source>
      <translation>Votre trafic peut sortir librement.</translation>
    </message>
    <message>
      <source>Your traffic is not protected</source>
      <translation>Votre trafic n’est pas protégé</translation>
    </message>
    <message>
      <source>Your traffic may be leaving outside the tunnel. Close private work until this is fixed.</source>
      <translation>Votre trafic sort peut-être hors du tunnel. Fermez tout travail privé tant que ce n’est pas réparé.</translation>
    </message>
    <message>
      <source>a profile</source>
      <translation>un profil</translation>
    </message>
    <message>
      <source>about {amount}</source>
      <translation>environ {amount}</translation>
    </message>
    <message>
      <source>another node</source>
      <translation>un autre nœud</translation>
    </message>
    <message>
      <source>automatic</source>
      <translation>automatique</translation>
    </message>
    <message>
      <source>by profile</source>
      <translation>par le profil</translation>
    </message>
    <message>
      <source>by your choice</source>
      <translation>par votre choix</translation>
    </message>
    <message>
      <source>community node</source>
      <translation>nœud communautaire</translation>
    </message>
    <message>
      <source>last 60 s</source>
      <translation>60 dernières secondes</translation>
    </message>
    <message>
      <source>now</source>
      <translation>maintenant</translation>
    </message>
    <message>
      <source>public node</source>
      <translation>nœud public</translation>
    </message>
    <message>
      <source>through node {node}</source>
      <translation>par le nœud {node}</translation>
    </message>
    <message>
      <source>through {node} · own profile</source>
      <translation>par {node} · profil personnel</translation>
    </message>
    <message>
      <source>what the profile names</source>
      <translation>ce que nomme le profil</translation>
    </message>
    <message numerus="yes">
      <source>{n} credits</source>
      <translation>
        <numerusform>{n} crédit</numerusform>
        <numerusform>{n} crédits</numerusform>
      </translation>
    </message>
    <message>
      <source>{n} minutes</source>
      <translation>{n} minutes</translation>
    </message>
    <message>
      <source>{n} s ago</source>
      <translation>il y a {n} s</translation>
    </message>
    <message>
      <source>{old} to {new}</source>
      <translation>{old} → {new}</translation>
    </message>
    <message>
      <source>{place}  no answer</source>
      <translation>{place}  sans réponse</translation>
    </message>
    <message>
      <source>{rate} down</source>
      <translation>{rate} reçus</translation>
    </message>
    <message>
      <source>{rate} up</source>
      <translation>{rate} envoyés</translation>
    </message>
  </context>
  <context>
    <name>link</name>
    <message>
      <source>Another user's program listens there. See whose it is:</source>
      <translation>Le programme d’un autre utilisateur écoute là. Voyez de qui il est :</translation>
    </message>
    <message>
      <source>App and service differ in version</source>
      <translation>L’application et le service n’ont pas la même version</translation>
    </message>
    <message>
      <source>Asking the WorldVPN service.</source>
      <translation>On interroge le service WorldVPN.</translation>
    </message>
    <message>
      <source>Copy</source>
      <translation>Copier</translation>
    </message>
    <message>
      <source>It cannot be started: {why}.</source>
      <translation>Impossible de le démarrer : {why}.</translation>
    </message>
    <message>
      <source>It ended at once (status {n}). The command says why.</source>
      <translation>Il s’est arrêté aussitôt (état {n}). La commande dit pourquoi.</translation>
    </message>
    <message>
      <source>It was not allowed. The command does it too.</source>
      <translation>Ce n’était pas permis. La commande le fait aussi.</translation>
    </message>
    <message>
      <source>Join its group, then log out and in again:</source>
      <translation>Rejoignez son groupe, puis rouvrez votre session :</translation>
    </message>
    <message>
      <source>Start it</source>
      <translation>Le démarrer</translation>
    </message>
    <message>
      <source>Start the service again, from the same installation:</source>
      <translation>Redémarrez le service, de la même installation :</translation>
    </message>
    <message>
      <source>The WorldVPN service is not running</source>
      <translation>Le service WorldVPN n’est pas démarré</translation>
    </message>
    <message>
      <source>The service does not answer.</source>
      <translation>Le service ne répond pas.</translation>
    </message>
    <message>
      <source>The service went away before it answered.</source>
      <translation>Le service a disparu avant de répondre.</translation>
    </message>
    <message>
      <source>What answers is not the service</source>
      <translation>Ce qui répond n’est pas le service</translation>
    </message>
    <message>
      <source>What it blocked stays blocked; a tunnel may be closed.</source>
      <translation>Ce qu’il bloquait reste bloqué ; un tunnel peut être fermé.</translation>
    </message>
    <message>
      <source>You may not speak to the service</source>
      <translation>Vous n’avez pas le droit de parler au service</translation>
    </message>
  </context>
  <context>
    <name>map</name>
    <message>
      <source>, as of {n} min ago</source>
      <translation>, il y a {n} min</translation>
    </message>
    <message>
      <source>Any protocol</source>
      <translation>Tout protocole</translation>
    </message>
    <message>
      <source>Bandwidth</source>
      <translation>Débit</translation>
    </message>
    <message>
      <source>Clear filters</source>
      <translation>Effacer les filtres</translation>
    </message>
    <message>
      <source>Clear the search</source>
      <translation>Effacer la recherche</translation>
    </message>
    <message>
      <source>Close</source>
      <translation>Fermer</translation>
    </message>
    <message>
      <source>Community</source>
      <translation>Communauté</translation>
    </message>
    <message>
      <source>Connect to the fastest node</source>
      <translation>Se connecter au nœud le plus rapide</translation>
    </message>
    <message>
      <source>Connect to this node</source>
      <translation>Se connecter à ce nœud</translation>
    </message>
    <message>
      <source>Connected here</source>
      <translation>Connecté ici</translation>
    </message>
    <message>
      <source>Countries</source>
      <translation>Pays</translation>
    </message>
    <message>
      <source>Fastest for you</source>
      <translation>Le plus rapide pour vous</translation>
    </message>
    <message>
      <source>Favourite</source>
      <translation>Favori</translation>
    </message>
    <message>
      <source>Favourites</source>
      <translation>Favoris</translation>
    </message>
    <message>
      <source>Latency</source>
      <translation>Latence</translation>
    </message>
    <message>
      <source>Lists</source>
      <translation>Listes</translation>
    </message>
    <message>
      <source>Low load</source>
      <translation>Peu chargé</translation>
    </message>
    <message>
      <source>Name of the list</source>
      <translation>Nom de la liste</translation>
    </message>
    <message>
      <source>New list</source>
      <translation>Nouvelle liste</translation>
    </message>
    <message>
      <source>New list…</source>
      <translation>Nouvelle liste…</translation>
    </message>
    <message>
      <source>No favourite fits. Choose a node, then its star, or press F.</source>
      <translation>Aucun favori ne convient. Choisissez un nœud, puis son étoile, ou la touche F.</translation>
    </message>
    <message>
      <source>No list of yours fits. Choose a node, then its list sign.</source>
      <translation>Aucune de vos listes ne convient. Choisissez un nœud, puis son signe de liste.</translation>
    </message>
    <message>
      <source>No node fits.</source>
      <translation>Aucun nœud ne convient.</translation>
    </message>
    <message>
      <source>Over {n} Mbit/s</source>
      <translation>Plus de {n} Mbit/s</translation>
    </message>
    <message>
      <source>Own lists</source>
      <translation>Mes listes</translation>
    </message>
    <message>
      <source>Public</source>
      <translation>Public</translation>
    </message>
    <message>
      <source>Search country, city or node</source>
      <translation>Chercher pays, ville ou nœud</translation>
    </message>
    <message>
      <source>Several nodes</source>
      <translation>Plusieurs nœuds</translation>
    </message>
    <message>
      <source>Show everything</source>
      <translation>Tout afficher</translation>
    </message>
    <message>
      <source>Standing</source>
      <translation>Réputation</translation>
    </message>
    <message>
      <source>Switch to the fastest node</source>
      <translation>Changer pour le nœud le plus rapide</translation>
    </message>
    <message>
      <source>Switch to this node</source>
      <translation>Changer pour ce nœud</translation>
    </message>
    <message>
      <source>The directory has no nodes now.</source>
      <translation>L’annuaire n’a aucun nœud.</translation>
    </message>
    <message>
      <source>The list of nodes (L)</source>
      <translation>La liste des nœuds (L)</translation>
    </message>
    <message>
      <source>The list of nodes, {count}</source>
      <translation>La liste des nœuds, {count}</translation>
    </message>
    <message>
      <source>World map</source>
      <translation>Carte du monde</translation>
    </message>
    <message>
      <source>You</source>
      <translation>Vous</translation>
    </message>
    <message>
      <source>You, visible as {country}</source>
      <translation>Vous, visible ici : {country}</translation>
    </message>
    <message>
      <source>Your node</source>
      <translation>Votre nœud</translation>
    </message>
    <message>
      <source>Zoom in</source>
      <translation>Agrandir</translation>
    </message>
    <message>
      <source>Zoom out</source>
      <translation>Réduire</translation>
    </message>
    <message>
      <source>busy</source>
      <translation>chargé</translation>
    </message>
    <message>
      <source>community node</source>
      <translation>nœud communautaire</translation>
    </message>
    <message>
      <source>failing</source>
      <translation>instable</translation>
    </message>
    <message>
      <source>favourite</source>
      <translation>favori</translation>
    </message>
    <message>
      <source>free</source>
      <translation>libre</translation>
    </message>
    <message>
      <source>full</source>
      <translation>plein</translation>
    </message>
    <message>
      <source>in use</source>
      <translation>utilisé</translation>
    </message>
    <message>
      <source>new</source>
      <translation>nouveau</translation>
    </message>
    <message>
      <source>public node</source>
      <translation>nœud public</translation>
    </message>
    <message numerus="yes">
      <source>{n} nodes</source>
      <translation>
        <numerusform>{n} nœud</numerusform>
        <numerusform>{n} nœuds</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{shown} of {n} nodes</source>
      <translation>
        <numerusform>{shown} sur {n} nœud</numerusform>
        <numerusform>{shown} sur {n} nœuds</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>news</name>
    <message>
      <source>Figures are as of {time}.</source>
      <translation>Les chiffres datent de {time}.</translation>
    </message>
    <message>
      <source>Nothing leaves this computer.</source>
      <translation>Rien ne sort de cet ordinateur.</translation>
    </message>
    <message>
      <source>Open</source>
      <translation>Ouvert</translation>
    </message>
    <message>
      <source>Open the window to see why.</source>
      <translation>Ouvrez la fenêtre pour voir pourquoi.</translation>
    </message>
    <message>
      <source>Server away.</source>
      <translation>Serveur absent.</translation>
    </message>
    <message>
      <source>Share to earn</source>
      <translation>Partager pour gagner</translation>
    </message>
    <message>
      <source>Share to earn more before it is used up.</source>
      <translation>Partagez pour en gagner avant qu’il soit épuisé.</translation>
    </message>
    <message>
      <source>Some of your traffic is not protected.</source>
      <translation>Une partie de votre trafic n’est pas protégée.</translation>
    </message>
    <message>
      <source>That was not done</source>
      <translation>Cela n’a pas été fait</translation>
    </message>
    <message>
      <source>The WorldVPN service is away</source>
      <translation>Le service WorldVPN est absent</translation>
    </message>
    <message>
      <source>To {place}.</source>
      <translation>Vers {place}.</translation>
    </message>
    <message>
      <source>Until {time}.</source>
      <translation>Jusqu’à {time}.</translation>
    </message>
    <message>
      <source>What it blocked stays blocked; a tunnel may be closed.</source>
      <translation>Ce qu’il bloquait reste bloqué ; un tunnel peut être fermé.</translation>
    </message>
    <message>
      <source>Your traffic goes through the tunnel.</source>
      <translation>Votre trafic passe par le tunnel.</translation>
    </message>
    <message>
      <source>Your traffic is not protected.</source>
      <translation>Votre trafic n’est pas protégé.</translation>
    </message>
    <message>
      <source>Your traffic may be leaving outside the tunnel.</source>
      <translation>Votre trafic sort peut-être hors du tunnel.</translation>
    </message>
    <message>
      <source>Your tunnel goes on.</source>
      <translation>Votre tunnel continue.</translation>
    </message>
    <message>
      <source>{n} % of your credit is left</source>
      <translation>Il reste {n} % de votre crédit</translation>
    </message>
  </context>
  <context>
    <name>plugins</name>
    <message>
      <source>Copy</source>
      <translation>Copier</translation>
    </message>
    <message>
      <source>The plugin {plugin} failed. Your tunnel and every other page go on.</source>
      <translation>L’extension {plugin} a échoué. Votre tunnel et les autres pages continuent.</translation>
    </message>
    <message>
      <source>“{page}” cannot be shown</source>
      <translation>« {page} » ne peut être affichée</translation>
    </message>
  </context>
  <context>
    <name>rail</name>
    <message>
      <source>Account</source>
      <translation>Compte</translation>
    </message>
    <message>
      <source>Diagnostics</source>
      <translation>Diagnostic</translation>
    </message>
    <message>
      <source>Map</source>
      <translation>Carte</translation>
    </message>
    <message>
      <source>Settings</source>
      <translation>Réglages</translation>
    </message>
    <message>
      <source>Sharing</source>
      <translation>Partage</translation>
    </message>
    <message>
      <source>Wallet</source>
      <translation>Crédits</translation>
    </message>
    <message numerus="yes">
      <source>{page}, {n} guests</source>
      <translation>
        <numerusform>{page}, {n} invité</numerusform>
        <numerusform>{page}, {n} invités</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>settings</name>
    <message>
      <source>Account, profiles and the vault stay.</source>
      <translation>Le compte, les profils et le coffre restent.</translation>
    </message>
    <message>
      <source>All as at first</source>
      <translation>Tout comme au début</translation>
    </message>
    <message>
      <source>Always</source>
      <translation>Toujours</translation>
    </message>
    <message>
      <source>Backup, reset</source>
      <translation>Sauver et rétablir</translation>
    </message>
    <message>
      <source>By you only</source>
      <translation>Par vous seul</translation>
    </message>
    <message>
      <source>Change this</source>
      <translation>Changer cela</translation>
    </message>
    <message>
      <source>Changed.</source>
      <translation>Changé.</translation>
    </message>
    <message>
      <source>Clear</source>
      <translation>Vider</translation>
    </message>
    <message>
      <source>Connection</source>
      <translation>Connexion</translation>
    </message>
    <message>
      <source>Dark</source>
      <translation>Sombre</translation>
    </message>
    <message>
      <source>Desktop</source>
      <translation>Bureau</translation>
    </message>
    <message>
      <source>Export</source>
      <translation>Exporter</translation>
    </message>
    <message>
      <source>Forget</source>
      <translation>Oublier</translation>
    </message>
    <message>
      <source>Forgotten</source>
      <translation>Oublié</translation>
    </message>
    <message>
      <source>General</source>
      <translation>Général</translation>
    </message>
    <message>
      <source>Import</source>
      <translation>Importer</translation>
    </message>
    <message>
      <source>Import a file</source>
      <translation>Importer un fichier</translation>
    </message>
    <message>
      <source>Import a profile</source>
      <translation>Importer un profil</translation>
    </message>
    <message>
      <source>Its size, the theme, and what was explained before.</source>
      <translation>Sa taille, le thème, et ce qui a déjà été expliqué.</translation>
    </message>
    <message>
      <source>Keep it</source>
      <translation>Le garder</translation>
    </message>
    <message>
      <source>Language</source>
      <translation>Langue</translation>
    </message>
    <message>
      <source>Leave all as it is</source>
      <translation>Ne rien changer</translation>
    </message>
    <message>
      <source>Left out, not known here: {names}.</source>
      <translation>Laissés de côté, inconnus ici : {names}.</translation>
    </message>
    <message>
      <source>Light</source>
      <translation>Clair</translation>
    </message>
    <message>
      <source>Minimise to the tray</source>
      <translation>Réduire dans la barre d’état</translation>
    </message>
    <message>
      <source>Never</source>
      <translation>Jamais</translation>
    </message>
    <message>
      <source>No setting fits.</source>
      <translation>Aucun réglage ne convient.</translation>
    </message>
    <message>
      <source>None</source>
      <translation>Aucun</translation>
    </message>
    <message>
      <source>Nothing would change.</source>
      <translation>Rien ne changerait.</translation>
    </message>
    <message>
      <source>Notifications</source>
      <translation>Notifications</translation>
    </message>
    <message>
      <source>Off</source>
      <translation>Non</translation>
    </message>
    <message>
      <source>On</source>
      <translation>Oui</translation>
    </message>
    <message>
      <source>Only the service speaks to the server. No picture is loaded.</source>
      <translation>Seul le service parle au serveur. Aucune image n’est chargée.</translation>
    </message>
    <message>
      <source>Plugins</source>
      <translation>Extensions</translation>
    </message>
    <message>
      <source>Privacy</source>
      <translation>Vie privée</translation>
    </message>
    <message>
      <source>Private notifications</source>
      <translation>Notifications discrètes</translation>
    </message>
    <message>
      <source>Profile</source>
      <translation>Profil</translation>
    </message>
    <message>
      <source>Profiles</source>
      <translation>Profils</translation>
    </message>
    <message>
      <source>Protection</source>
      <translation>Protection</translation>
    </message>
    <message>
      <source>Protection goes on either way.</source>
      <translation>La protection continue dans les deux cas.</translation>
    </message>
    <message>
      <source>Quit the app</source>
      <translation>Quitter l’application</translation>
    </message>
    <message>
      <source>Remove</source>
      <translation>Retirer</translation>
    </message>
    <message>
      <source>Reports are made</source>
      <translation>Les rapports sont faits</translation>
    </message>
    <message>
      <source>Reset</source>
      <translation>Réinitialiser</translation>
    </message>
    <message>
      <source>Save these settings</source>
      <translation>Enregistrer ces réglages</translation>
    </message>
    <message>
      <source>Saved as {name}.</source>
      <translation>Enregistré sous {name}.</translation>
    </message>
    <message>
      <source>Search settings</source>
      <translation>Chercher un réglage</translation>
    </message>
    <message>
      <source>Settings</source>
      <translation>Réglages</translation>
    </message>
    <message>
      <source>Sharing</source>
      <translation>Partage</translation>
    </message>
    <message>
      <source>Start at login</source>
      <translation>Démarrer à l’ouverture de session</translation>
    </message>
    <message>
      <source>Stay in the tray</source>
      <translation>Rester dans la barre d’état</translation>
    </message>
    <message>
      <source>Switch it off</source>
      <translation>Le désactiver</translation>
    </message>
    <message>
      <source>System</source>
      <translation>Système</translation>
    </message>
    <message>
      <source>Take settings from a file</source>
      <translation>Prendre les réglages d’un fichier</translation>
    </message>
    <message>
      <source>That could not be written: {reason}.</source>
      <translation>Écriture impossible : {reason}.</translation>
    </message>
    <message>
      <source>That file is of a newer WorldVPN.</source>
      <translation>Ce fichier vient d’un WorldVPN plus récent.</translation>
    </message>
    <message>
      <source>That is no file of WorldVPN settings.</source>
      <translation>Ce n’est pas un fichier de réglages de WorldVPN.</translation>
    </message>
    <message>
      <source>The app waits in the tray; the service needs no window.</source>
      <translation>L’application attend dans la barre d’état ; le service se passe de fenêtre.</translation>
    </message>
    <message>
      <source>The tunnel's own</source>
      <translation>Ceux du tunnel</translation>
    </message>
    <message>
      <source>Theme</source>
      <translation>Thème</translation>
    </message>
    <message>
      <source>They name no place, no node and no cause.</source>
      <translation>Elles ne nomment ni lieu, ni nœud, ni cause.</translation>
    </message>
    <message>
      <source>This app goes online</source>
      <translation>Cette application va en ligne</translation>
    </message>
    <message>
      <source>This app is older than the service.</source>
      <translation>Cette application est plus ancienne que le service.</translation>
    </message>
    <message>
      <source>This service does not say how it was at first.</source>
      <translation>Ce service ne dit pas comment c’était au début.</translation>
    </message>
    <message>
      <source>To a file, without passwords, keys or profiles.</source>
      <translation>Vers un fichier, sans mots de passe, clés ni profils.</translation>
    </message>
    <message>
      <source>What this window keeps</source>
      <translation>Ce que garde cette fenêtre</translation>
    </message>
    <message>
      <source>What would change is shown first.</source>
      <translation>Ce qui changerait est montré d’abord.</translation>
    </message>
    <message>
      <source>When the state changes while the window is not seen.</source>
      <translation>Quand l’état change sans que la fenêtre soit vue.</translation>
    </message>
    <message>
      <source>When the window closes</source>
      <translation>À la fermeture de la fenêtre</translation>
    </message>
    <message>
      <source>Where there is a tray.</source>
      <translation>Là où il y a une barre d’état.</translation>
    </message>
    <message>
      <source>WireGuard files of any provider connect without an account.</source>
      <translation>Les fichiers WireGuard de tout fournisseur connectent sans compte.</translation>
    </message>
    <message>
      <source>Without names, addresses, ids and keys; nothing is sent.</source>
      <translation>Sans noms, adresses, identifiants ni clés ; rien n’est envoyé.</translation>
    </message>
    <message>
      <source>Write addresses as {example}.</source>
      <translation>Écrivez des adresses comme {example}.</translation>
    </message>
    <message>
      <source>Write hours as {example}.</source>
      <translation>Écrivez les heures ainsi : {example}.</translation>
    </message>
    <message>
      <source>Write ports from 1 to 65535, with commas between them.</source>
      <translation>Écrivez des ports de 1 à 65535, séparés par des virgules.</translation>
    </message>
    <message>
      <source>failed</source>
      <translation>en échec</translation>
    </message>
    <message>
      <source>in the {process}</source>
      <translation>dans : {process}</translation>
    </message>
    <message>
      <source>in this app</source>
      <translation>dans cette application</translation>
    </message>
    <message>
      <source>{name}: {old} becomes {new}</source>
      <translation>{name} : {old} devient {new}</translation>
    </message>
    <message numerus="yes">
      <source>{n} chosen</source>
      <translation>
        <numerusform>{n} choisi</numerusform>
        <numerusform>{n} choisis</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>sharing</name>
    <message>
      <source>A country shows after five guests in 24 hours. Times are rounded to 15 min.</source>
      <translation>Un pays s’affiche après cinq invités en 24 heures. Les heures sont arrondies à 15 min.</translation>
    </message>
    <message>
      <source>Always</source>
      <translation>Toujours</translation>
    </message>
    <message>
      <source>Any WireGuard app uses the file; it is given once.</source>
      <translation>Toute application WireGuard lit ce fichier ; il n’est donné qu’une fois.</translation>
    </message>
    <message>
      <source>At the address that you gave, {port}</source>
      <translation>À l’adresse que vous avez donnée, {port}</translation>
    </message>
    <message>
      <source>Before you share</source>
      <translation>Avant de partager</translation>
    </message>
    <message>
      <source>Carried</source>
      <translation>Transporté</translation>
    </message>
    <message>
      <source>Carried for guests</source>
      <translation>Transporté pour les invités</translation>
    </message>
    <message>
      <source>Carried for guests: {rate} now, {most} at most today.</source>
      <translation>Transporté pour les invités : {rate} en ce moment, {most} au plus aujourd’hui.</translation>
    </message>
    <message>
      <source>Checked once you share</source>
      <translation>Vérifié dès que vous partagez</translation>
    </message>
    <message>
      <source>Choose the country you are listed under, and guests can find you.</source>
      <translation>Choisissez le pays où vous êtes répertorié, et les invités vous trouveront.</translation>
    </message>
    <message>
      <source>Country</source>
      <translation>Pays</translation>
    </message>
    <message>
      <source>Directly, at {port}</source>
      <translation>Directement, par {port}</translation>
    </message>
    <message>
      <source>Disconnect your own tunnel for a moment, or correct “Public address”.</source>
      <translation>Coupez un instant votre propre tunnel, ou corrigez « Adresse publique ».</translation>
    </message>
    <message>
      <source>Earned by day</source>
      <translation>Gagné par jour</translation>
    </message>
    <message>
      <source>Earned today</source>
      <translation>Gagné aujourd’hui</translation>
    </message>
    <message>
      <source>Earned, 30 days</source>
      <translation>Gagné en 30 jours</translation>
    </message>
    <message>
      <source>Earned; yours to use once it is confirmed</source>
      <translation>Gagnés ; à vous dès qu’ils sont confirmés</translation>
    </message>
    <message>
      <source>Edit</source>
      <translation>Modifier</translation>
    </message>
    <message>
      <source>Every day</source>
      <translation>Tous les jours</translation>
    </message>
    <message>
      <source>File sharing</source>
      <translation>Partage de fichiers</translation>
    </message>
    <message>
      <source>For 1 h</source>
      <translation>Pour 1 h</translation>
    </message>
    <message>
      <source>For 15 min</source>
      <translation>Pour 15 min</translation>
    </message>
    <message>
      <source>Guest</source>
      <translation>Invité</translation>
    </message>
    <message>
      <source>Guests</source>
      <translation>Invités</translation>
    </message>
    <message>
      <source>Guests are listed here while you share.</source>
      <translation>Les invités s’affichent ici quand vous partagez.</translation>
    </message>
    <message>
      <source>Guests can come again at {time}.</source>
      <translation>Les invités pourront revenir à {time}.</translation>
    </message>
    <message>
      <source>Guests can come once it is ready.</source>
      <translation>Les invités pourront venir dès que ce sera prêt.</translation>
    </message>
    <message>
      <source>Guests now</source>
      <translation>Invités présents</translation>
    </message>
    <message>
      <source>Guests reach the internet only, never this computer or your network.</source>
      <translation>Les invités n’atteignent qu’Internet, jamais cet ordinateur ni votre réseau.</translation>
    </message>
    <message>
      <source>Guests will reach the internet through this computer, under its address: what they do there, you seem to do. They reach neither this computer nor your network. You can stop at any time; nobody is let in while you do not share.</source>
      <translation>Les invités iront sur Internet par cet ordinateur, sous son adresse : ce qu’ils y font, c’est vous qui semblez le faire. Ils n’atteignent ni cet ordinateur ni votre réseau. Vous pouvez arrêter à tout moment ; personne n’entre tant que vous ne partagez pas.</translation>
    </message>
    <message>
      <source>Hidden</source>
      <translation>Caché</translation>
    </message>
    <message>
      <source>I agree, share</source>
      <translation>D’accord, partager</translation>
    </message>
    <message>
      <source>Including what is still vesting</source>
      <translation>Gains en attente compris</translation>
    </message>
    <message>
      <source>Invite</source>
      <translation>Inviter</translation>
    </message>
    <message>
      <source>It opened too many connections.</source>
      <translation>A ouvert trop de connexions.</translation>
    </message>
    <message>
      <source>It sent much that nobody asked for.</source>
      <translation>A beaucoup envoyé sans qu’on le lui demande.</translation>
    </message>
    <message>
      <source>It sent much to many hosts.</source>
      <translation>A beaucoup envoyé à de nombreux hôtes.</translation>
    </message>
    <message>
      <source>It spoke to too many ports.</source>
      <translation>A contacté trop de ports.</translation>
    </message>
    <message>
      <source>Kind</source>
      <translation>Genre</translation>
    </message>
    <message>
      <source>Let back in</source>
      <translation>Laisser revenir</translation>
    </message>
    <message>
      <source>Let {guest} back in</source>
      <translation>Laisser revenir {guest}</translation>
    </message>
    <message>
      <source>Limits</source>
      <translation>Limites</translation>
    </message>
    <message>
      <source>Mail</source>
      <translation>Courriel</translation>
    </message>
    <message>
      <source>Name of the device</source>
      <translation>Nom de l’appareil</translation>
    </message>
    <message>
      <source>Names change every day</source>
      <translation>Les noms changent chaque jour</translation>
    </message>
    <message>
      <source>No limit</source>
      <translation>Sans limite</translation>
    </message>
    <message>
      <source>Nobody is here now.</source>
      <translation>Il n’y a personne en ce moment.</translation>
    </message>
    <message>
      <source>Nobody is let in until you resume.</source>
      <translation>Personne n’entre avant votre reprise.</translation>
    </message>
    <message>
      <source>Nobody is let in until {time}.</source>
      <translation>Personne n’entre avant {time}.</translation>
    </message>
    <message>
      <source>Not listed</source>
      <translation>Non répertorié</translation>
    </message>
    <message>
      <source>Not now</source>
      <translation>Pas maintenant</translation>
    </message>
    <message>
      <source>Not reachable</source>
      <translation>Injoignable</translation>
    </message>
    <message>
      <source>Other</source>
      <translation>Autre</translation>
    </message>
    <message>
      <source>Outside your hours</source>
      <translation>Hors de vos horaires</translation>
    </message>
    <message>
      <source>Own device</source>
      <translation>Appareil à vous</translation>
    </message>
    <message>
      <source>Pause</source>
      <translation>Pause</translation>
    </message>
    <message>
      <source>Rate, all together</source>
      <translation>Débit, tous ensemble</translation>
    </message>
    <message>
      <source>Rate, each guest</source>
      <translation>Débit, chaque invité</translation>
    </message>
    <message>
      <source>Reachability</source>
      <translation>Accès</translation>
    </message>
    <message>
      <source>Reachable</source>
      <translation>Joignable</translation>
    </message>
    <message>
      <source>Remote work</source>
      <translation>Travail à distance</translation>
    </message>
    <message>
      <source>Remove</source>
      <translation>Retirer</translation>
    </message>
    <message>
      <source>Resume</source>
      <translation>Reprendre</translation>
    </message>
    <message>
      <source>Save the profile of {name}</source>
      <translation>Enregistrer le profil de {name}</translation>
    </message>
    <message>
      <source>Schedule</source>
      <translation>Horaires</translation>
    </message>
    <message>
      <source>Send away</source>
      <translation>Renvoyer</translation>
    </message>
    <message>
      <source>Send {guest} away</source>
      <translation>Renvoyer {guest}</translation>
    </message>
    <message>
      <source>Sent away</source>
      <translation>Renvoyés</translation>
    </message>
    <message>
      <source>Settings</source>
      <translation>Réglages</translation>
    </message>
    <message>
      <source>Share</source>
      <translation>Partager</translation>
    </message>
    <message>
      <source>Share this connection, and earn credits for it.</source>
      <translation>Partagez cette connexion, et gagnez des crédits.</translation>
    </message>
    <message>
      <source>Sharing</source>
      <translation>Partage</translation>
    </message>
    <message>
      <source>Sharing is interrupted</source>
      <translation>Le partage est interrompu</translation>
    </message>
    <message>
      <source>Sharing is paused</source>
      <translation>Le partage est en pause</translation>
    </message>
    <message>
      <source>Sharing is starting</source>
      <translation>Le partage démarre</translation>
    </message>
    <message>
      <source>Sharing is stopping</source>
      <translation>Le partage s’arrête</translation>
    </message>
    <message>
      <source>Sign in to earn credits</source>
      <translation>Identifiez-vous pour gagner des crédits</translation>
    </message>
    <message>
      <source>Sign in, and the directory can send you guests.</source>
      <translation>Identifiez-vous, et l’annuaire pourra vous envoyer des invités.</translation>
    </message>
    <message>
      <source>Since</source>
      <translation>Depuis</translation>
    </message>
    <message>
      <source>Stop sharing</source>
      <translation>Cesser le partage</translation>
    </message>
    <message>
      <source>Switch it on, or forward {port} in your router by hand.</source>
      <translation>Activez ce réglage, ou redirigez vous-même {port} dans votre routeur.</translation>
    </message>
    <message>
      <source>The disk cannot be written to</source>
      <translation>Écriture impossible sur le disque</translation>
    </message>
    <message>
      <source>The profile was not saved: remove the device and invite it anew.</source>
      <translation>Le profil n’a pas été enregistré : retirez l’appareil et invitez-le à nouveau.</translation>
    </message>
    <message>
      <source>The server is trying it from outside</source>
      <translation>Le serveur essaie de l’extérieur</translation>
    </message>
    <message>
      <source>This app is older than the service.</source>
      <translation>Cette application est plus ancienne que le service.</translation>
    </message>
    <message>
      <source>This computer belongs to no central server</source>
      <translation>Cet ordinateur ne dépend d’aucun serveur central</translation>
    </message>
    <message>
      <source>This computer's public address</source>
      <translation>Adresse publique de cet ordinateur</translation>
    </message>
    <message>
      <source>This service counts guests, but does not list them.</source>
      <translation>Ce service compte les invités, sans les énumérer.</translation>
    </message>
    <message>
      <source>Those present may finish.</source>
      <translation>Ceux qui sont là peuvent finir.</translation>
    </message>
    <message>
      <source>To share here too, switch on “Share on metered networks” in Settings.</source>
      <translation>Pour partager ici aussi, activez « Partager sur réseau facturé » dans les réglages.</translation>
    </message>
    <message>
      <source>Today</source>
      <translation>Aujourd’hui</translation>
    </message>
    <message>
      <source>Today's traffic is used up</source>
      <translation>Le trafic du jour est épuisé</translation>
    </message>
    <message>
      <source>UDP {port}</source>
      <translation>UDP {port}</translation>
    </message>
    <message>
      <source>Until I resume</source>
      <translation>Jusqu’à ma reprise</translation>
    </message>
    <message>
      <source>Waiting</source>
      <translation>En attente</translation>
    </message>
    <message>
      <source>Waiting for another network</source>
      <translation>En attente d’un autre réseau</translation>
    </message>
    <message>
      <source>Web</source>
      <translation>Web</translation>
    </message>
    <message>
      <source>You are not sharing</source>
      <translation>Vous ne partagez pas</translation>
    </message>
    <message>
      <source>You are sharing</source>
      <translation>Vous partagez</translation>
    </message>
    <message>
      <source>Your limit</source>
      <translation>Votre limite</translation>
    </message>
    <message>
      <source>Your own devices</source>
      <translation>Vos propres appareils</translation>
    </message>
    <message>
      <source>Your router forwards {port} ({protocol})</source>
      <translation>Votre routeur redirige {port} ({protocol})</translation>
    </message>
    <message>
      <source>Your router lets in guests whom this computer has called</source>
      <translation>Votre routeur laisse entrer les invités que cet ordinateur a appelés</translation>
    </message>
    <message>
      <source>Your router was not asked: “Ask the router” is off.</source>
      <translation>Votre routeur n’a pas été sollicité : « Demander au routeur » est désactivé.</translation>
    </message>
    <message>
      <source>last 30 days, in credits</source>
      <translation>30 derniers jours, en crédits</translation>
    </message>
    <message>
      <source>sent by the directory</source>
      <translation>envoyés par l’annuaire</translation>
    </message>
    <message>
      <source>today</source>
      <translation>aujourd’hui</translation>
    </message>
    <message>
      <source>until {time}</source>
      <translation>jusqu’à {time}</translation>
    </message>
    <message>
      <source>{begins} to {ends}</source>
      <translation>{begins} à {ends}</translation>
    </message>
    <message>
      <source>{n} of {most}</source>
      <translation>{n} sur {most}</translation>
    </message>
    <message>
      <source>{n} of {most} GB</source>
      <translation>{n} sur {most} Go</translation>
    </message>
    <message>
      <source>{n} still vesting</source>
      <translation>{n} en attente</translation>
    </message>
    <message>
      <source>{port}, not checked</source>
      <translation>{port}, non vérifié</translation>
    </message>
    <message>
      <source>{rate} now</source>
      <translation>{rate} en ce moment</translation>
    </message>
  </context>
  <context>
    <name>tray</name>
    <message>
      <source>Open WorldVPN</source>
      <translation>Ouvrir WorldVPN</translation>
    </message>
    <message>
      <source>Quit</source>
      <translation>Quitter</translation>
    </message>
    <message>
      <source>Quit the window? Nothing leaves this computer until there is a tunnel again. Disconnect first if you want the internet without one.</source>
      <translation>Quitter la fenêtre ? Rien ne quittera cet ordinateur tant qu’il n’y aura pas de tunnel. Déconnectez-vous d’abord si vous voulez Internet sans tunnel.</translation>
    </message>
    <message>
      <source>Quit the window? Your tunnel comes back by itself when the pause is over.</source>
      <translation>Quitter la fenêtre ? Votre tunnel reviendra de lui-même à la fin de la pause.</translation>
    </message>
    <message>
      <source>Quit the window? Your tunnel stays on and protected. Disconnect first if you want it closed.</source>
      <translation>Quitter la fenêtre ? Votre tunnel reste actif et protégé. Déconnectez d’abord si vous voulez le fermer.</translation>
    </message>
    <message>
      <source>Quit, and stay protected</source>
      <translation>Quitter, et rester protégé</translation>
    </message>
    <message>
      <source>Share this connection</source>
      <translation>Partager cette connexion</translation>
    </message>
    <message>
      <source>Stay</source>
      <translation>Rester</translation>
    </message>
    <message>
      <source>The service does not answer</source>
      <translation>Le service ne répond pas</translation>
    </message>
    <message>
      <source>There is no tray here, so the window stays. Close it again to quit the app; your tunnel stays as it is.</source>
      <translation>Il n’y a pas de barre d’état ici : la fenêtre reste donc ouverte. Fermez-la encore une fois pour quitter l’application ; votre tunnel reste tel quel.</translation>
    </message>
    <message>
      <source>WorldVPN is in the tray</source>
      <translation>WorldVPN est dans la barre d’état</translation>
    </message>
    <message>
      <source>Your tunnel stays as it is. Settings say what closing does.</source>
      <translation>Votre tunnel reste tel quel. Les réglages disent ce que fait la fermeture.</translation>
    </message>
    <message>
      <source>{n} minutes</source>
      <translation>{n} minutes</translation>
    </message>
  </context>
  <context>
    <name>wallet</name>
    <message>
      <source>1 MiB used costs 1 credit</source>
      <translation>1 Mio utilisé coûte 1 crédit</translation>
    </message>
    <message>
      <source>About {amount} through other people's nodes</source>
      <translation>Environ {amount} par les nœuds des autres</translation>
    </message>
    <message>
      <source>All</source>
      <translation>Tout</translation>
    </message>
    <message>
      <source>Available</source>
      <translation>Disponible</translation>
    </message>
    <message>
      <source>Balance</source>
      <translation>Solde</translation>
    </message>
    <message>
      <source>By sharing, vesting or not</source>
      <translation>En partageant, en attente ou non</translation>
    </message>
    <message>
      <source>Came back from a session</source>
      <translation>Rendu par une session</translation>
    </message>
    <message>
      <source>Debt {n}, repaid first</source>
      <translation>Dette de {n}, remboursée d’abord</translation>
    </message>
    <message>
      <source>Earned</source>
      <translation>Gagné</translation>
    </message>
    <message>
      <source>Earned and spent</source>
      <translation>Gagnés et dépensés</translation>
    </message>
    <message>
      <source>Earned {earned} credits</source>
      <translation>{earned} crédits gagnés</translation>
    </message>
    <message>
      <source>Earned {earned}, spent {spent} credits</source>
      <translation>{earned} crédits gagnés, {spent} dépensés</translation>
    </message>
    <message>
      <source>Earned {n}</source>
      <translation>{n} gagnés</translation>
    </message>
    <message>
      <source>Earned, 30 days</source>
      <translation>Gagné en 30 jours</translation>
    </message>
    <message>
      <source>Earned, now yours to use</source>
      <translation>Gagné, désormais à vous</translation>
    </message>
    <message>
      <source>Export CSV</source>
      <translation>Exporter en CSV</translation>
    </message>
    <message>
      <source>For sessions that are open</source>
      <translation>Pour les sessions ouvertes</translation>
    </message>
    <message>
      <source>Given</source>
      <translation>Offert</translation>
    </message>
    <message>
      <source>Given to begin with</source>
      <translation>Offert pour commencer</translation>
    </message>
    <message>
      <source>Held</source>
      <translation>Retenu</translation>
    </message>
    <message>
      <source>Held for this session</source>
      <translation>Retenu pour cette session</translation>
    </message>
    <message>
      <source>History</source>
      <translation>Historique</translation>
    </message>
    <message>
      <source>How far back</source>
      <translation>Sur quelle période</translation>
    </message>
    <message>
      <source>Newer</source>
      <translation>Plus récent</translation>
    </message>
    <message>
      <source>Nothing was booked yet.</source>
      <translation>Rien n’a encore été inscrit.</translation>
    </message>
    <message>
      <source>Older</source>
      <translation>Plus ancien</translation>
    </message>
    <message>
      <source>Promo, used first</source>
      <translation>Promo, utilisé d’abord</translation>
    </message>
    <message>
      <source>Save the statement</source>
      <translation>Enregistrer le relevé</translation>
    </message>
    <message>
      <source>Set aside for a session</source>
      <translation>Mis de côté pour une session</translation>
    </message>
    <message>
      <source>Shared with guests</source>
      <translation>Partage avec des invités</translation>
    </message>
    <message>
      <source>Spent</source>
      <translation>Dépensé</translation>
    </message>
    <message>
      <source>Spent {n}</source>
      <translation>{n} dépensés</translation>
    </message>
    <message>
      <source>Spent, 30 days</source>
      <translation>Dépensés, 30 jours</translation>
    </message>
    <message>
      <source>Taken as a penalty</source>
      <translation>Retiré par pénalité</translation>
    </message>
    <message>
      <source>Taken back</source>
      <translation>Repris</translation>
    </message>
    <message>
      <source>Through other people's nodes</source>
      <translation>Par les nœuds des autres</translation>
    </message>
    <message>
      <source>Today</source>
      <translation>Aujourd’hui</translation>
    </message>
    <message>
      <source>Used other people's nodes</source>
      <translation>Usage des nœuds des autres</translation>
    </message>
    <message>
      <source>Used, and settled late</source>
      <translation>Utilisé, et réglé en retard</translation>
    </message>
    <message>
      <source>Vesting</source>
      <translation>En attente</translation>
    </message>
    <message>
      <source>Wallet</source>
      <translation>Crédits</translation>
    </message>
    <message>
      <source>Yours once confirmed</source>
      <translation>À vous dès confirmation</translation>
    </message>
    <message numerus="yes">
      <source>credits</source>
      <translation>
        <numerusform>crédit</numerusform>
        <numerusform>crédits</numerusform>
      </translation>
    </message>
    <message>
      <source>earned up, spent down</source>
      <translation>gagnés en haut, dépensés en bas</translation>
    </message>
    <message>
      <source>{first} to {last} of {all}</source>
      <translation>{first} à {last} sur {all}</translation>
    </message>
    <message>
      <source>{n} days</source>
      <translation>{n} jours</translation>
    </message>
  </context>
  <context>
    <name>welcome</name>
    <message>
      <source>An account needs a name and a password; its keys lie in a vault on this computer. The keyring of your session may ask once whether WorldVPN may keep the vault's key.</source>
      <translation>Un compte demande un nom et un mot de passe ; ses clés sont dans un coffre sur cet ordinateur. Le trousseau de votre session peut demander une fois si WorldVPN peut y garder la clé du coffre.</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Annuler</translation>
    </message>
    <message>
      <source>Choose how to connect</source>
      <translation>Choisir comment se connecter</translation>
    </message>
    <message>
      <source>Choose on map</source>
      <translation>Choisir sur la carte</translation>
    </message>
    <message>
      <source>Connect</source>
      <translation>Connecter</translation>
    </message>
    <message>
      <source>Connecting</source>
      <translation>Connexion</translation>
    </message>
    <message>
      <source>From then on nothing leaves beside the tunnel, also when it falls. Disconnecting makes your traffic free again. Sharing is off until you agree to it.</source>
      <translation>Dès lors, rien ne sort hors du tunnel, même s’il tombe. Se déconnecter rend votre trafic libre de nouveau. Le partage reste inactif tant que vous ne l’avez pas accepté.</translation>
    </message>
    <message>
      <source>It runs as root and alone may set firewall, routes and the resolver. This window has no rights, opens no connection and keeps no secret.</source>
      <translation>Il tourne en tant que root, et lui seul peut régler le pare-feu, les routes et le résolveur. Cette fenêtre n’a aucun droit, n’ouvre aucune connexion et ne garde aucun secret.</translation>
    </message>
    <message>
      <source>Sign in or make an account</source>
      <translation>S’identifier ou créer un compte</translation>
    </message>
    <message>
      <source>Skip</source>
      <translation>Passer</translation>
    </message>
    <message>
      <source>The service</source>
      <translation>Le service</translation>
    </message>
    <message>
      <source>The service runs</source>
      <translation>Le service tourne</translation>
    </message>
    <message>
      <source>Three steps to be protected</source>
      <translation>Trois étapes pour être protégé</translation>
    </message>
    <message>
      <source>Use a WireGuard file</source>
      <translation>Utiliser un fichier WireGuard</translation>
    </message>
  </context>
</TS>
