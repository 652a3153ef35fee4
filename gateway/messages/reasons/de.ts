import type { ReasonTexts } from './who.ts';

export const de: ReasonTexts = {
  // Warum eine Runde nicht zugelassen ist
  TenantNotReady: 'Skald ist für diesen Server nicht bereit.',
  GuildBusy: 'Auf diesem Server läuft schon eine andere Runde. Beende sie zuerst mit `/session stop`.',
  CampaignBusy: 'Diese Kampagne wird schon in einer anderen Runde gespielt. Beende zuerst die andere.',
  QuotaExceeded: 'Die vereinbarte Zahl der Runden oder Stunden ist aufgebraucht.',
  SpendCapReached: 'Das Budget dieses Monats ist aufgebraucht.',
  RecapsBusy: 'Gerade werden schon andere Zusammenfassungen geschrieben. Versuch es in einer Minute wieder.',
  CampaignNotReady: 'Die Kampagne hat einen Fehler, oder es gibt sie nicht mehr.',
  GuildNotAllowed: 'Dieser Server steht nicht auf der Liste der Server, auf denen Runden laufen dürfen.',
  ModeNotAvailable: 'Diese Version von Skald kann keine solchen Runden.',
  ProfileNotAvailable: 'Die Art von Worker, die diese Runde braucht, ist nicht installiert.',

  // Warum sie endete
  Requested: 'Sie wurde beendet.',
  Completed: 'Die Zusammenfassung ist geschrieben.',
  NothingToRecap: 'Von dieser Runde gibt es keine Mitschrift.',
  Deleted: 'Sie wurde gelöscht.',
  Idle: 'Eine Weile hatte niemand gesprochen.',
  ChannelEmpty: 'Alle hatten den Sprachkanal verlassen.',
  DeadlineExceeded: 'Sie hatte so lange gedauert, wie eine Runde dauern darf.',
  SpendCap: 'Ihr Budget war aufgebraucht.',
  WorkerFailed: 'Das Programm, das für die Figuren spricht, ist zu oft ausgefallen.',
  Rejected: 'Sie konnte nicht beginnen.',
  DiscordRefused:
    'Discord lässt mich nicht in den Sprachkanal. Meine Rolle braucht dort „Kanal ansehen“, „Verbinden“ und „Sprechen“.',
  Kicked: 'Jemand hat mich aus dem Sprachkanal entfernt oder in einen anderen verschoben.',

  // Was nicht geht, während sie läuft
  VoiceDisconnected: 'Die Sprachverbindung ist abgerissen. Ich verbinde mich neu.',
  GatewayDisconnected: 'Ein Teil von Skald startet neu. Die Figuren machen derweil weiter.',
  SpeechToTextUnavailable: 'Die Spracherkennung geht gerade nicht: Die Figuren hören nicht, was gesagt wird.',
  LanguageModelUnavailable:
    'Das Sprachmodell geht gerade nicht: Die Figuren hören zu und können nicht antworten.',
  TextToSpeechUnavailable:
    'Die Sprachausgabe geht gerade nicht: Die Figuren antworten, und man hört sie nicht.',
  SpeechToSpeechUnavailable:
    'Das Modell hinter einigen Figuren geht gerade nicht: Sie können nicht antworten.',
  ModerationUnavailable:
    'Was die Figuren sagen wollen, kann gerade nicht geprüft werden: Sie bleiben vielleicht still.',
  ToolsUnavailable:
    'Einige Werkzeuge der Figuren sind gerade nicht erreichbar. Die Figuren machen ohne sie weiter.',
  TranscriptUnavailable:
    'Was gesagt wird, kann gerade nicht mitgeschrieben werden. Die Figuren machen weiter.',
  ListeningFailed: 'Der Teil, der zuhört, ist ausgefallen und wird neu gestartet.',
  OptOutsUnavailable:
    'Ich kann nicht nachlesen, wer nicht gehört werden möchte, also höre ich niemanden, bis ich es kann.',
  EntitiesUnavailable:
    'Was mit `/entity` ergänzt wurde, ist gerade nicht lesbar. Die Figuren wissen, was in der Kampagne selbst steht.',
  AmbienceUnavailable: 'Der Hintergrundklang dieser Kampagne kann nicht abgespielt werden.',
  PacketsDropped: 'Der Rechner, auf dem ich laufe, ist überlastet: Mir entgeht manches, was gesagt wird.',
  BotMuted:
    'Jemand hat mich im Sprachkanal stummgeschaltet, oder ich darf dort nicht mehr sprechen. Bis das rückgängig gemacht ist, hört niemand die Figuren.',
  BotDeafened:
    'Jemand hat mich im Sprachkanal taub geschaltet. Bis das rückgängig gemacht ist, hören die Figuren niemanden.',
  StreamLost: 'Ein Teil von Skald startet neu. Die Figuren machen derweil vielleicht weiter.',

  // Auf dem Weg
  Admitted: 'Sie darf beginnen.',
  NotAdmitted: 'Sie wartet, bis sie an der Reihe ist.',
  Issued: 'Sie wird vorbereitet.',
  IssueFailed: 'Das Zertifikat, das ihr Worker braucht, kann nicht ausgestellt werden.',
  Scheduled: 'Ein Rechner ist für sie gefunden.',
  Unschedulable: 'Im Cluster hat gerade kein Rechner Platz für sie.',
  ImageUnavailable: 'Das Programm, das für die Figuren spricht, kann nicht geholt werden.',
  ContainerFailed: 'Das Programm, das für die Figuren spricht, kann nicht starten.',
  WorkerPending: 'Sie wird vorbereitet.',
  WorkerRefused: 'Der Cluster lässt nicht zu, dass der Worker angelegt wird.',
  WorkerStarting: 'Die Stimme startet.',
  WorkerConnecting: 'Ich betrete den Sprachkanal.',
  WorkerLost: 'Der Worker ist verloren. Ein anderer übernimmt.',
  NodeDraining: 'Der Rechner, auf dem ich laufe, wird gewartet. Ich ziehe bald auf einen anderen um.',
  Moving: 'Ich ziehe auf einen anderen Rechner um.',
  Moved: 'Ich bin auf einen anderen Rechner umgezogen.',
  NodeKept: 'Der Rechner, auf dem ich laufe, bleibt nun doch.',
  StartTimedOut: 'Sie war nicht rechtzeitig bereit.',
  Listening: 'Die Figuren hören zu.',
  Summarising: 'Die Zusammenfassung wird geschrieben.',
  SpendSoftLimitReached:
    'Das Budget ist aufgebraucht: Die Figuren hören nicht mehr zu und antworten nicht mehr.',
  EveryNpcMuted: 'Alle Figuren sind stumm: Niemand antwortet.',
  GatewayUnreachable: 'Ein Teil von Skald startet neu. Die Figuren machen derweil weiter.',
  WorkerDegraded: 'Die Figuren machen weiter, mit einer Störung.',
  Draining: 'Sie geht zu Ende.',
  Ended: 'Sie ist vorbei.',
  Failed: 'Sie ist gescheitert.',

  // Wie ein Worker aufgab
  Stopped: 'Sie wurde beendet.',
  ConfigurationError: 'Mit den Einstellungen der Kampagne oder ihrer KI-Anbieter geht es nicht.',
  IdentityRefused: 'Der Worker wurde nicht als der dieser Runde erkannt.',
  Temporary: 'Etwas, das sie braucht, hat nicht geantwortet.',
  Terminated: 'Der Rechner, auf dem sie lief, wurde weggenommen. Ein anderer übernimmt.',

  // Kampagnen
  Valid: 'Die Kampagne kann gespielt werden.',
  TenantMissing: 'Die Kampagne liegt, wo kein Mandant von Skald ist.',
  ProviderNotAllowed: 'Die Kampagne nennt einen KI-Anbieter, der hier nicht erlaubt ist.',
  EntitiesMissing: 'Die Liste der Personen und Orte der Kampagne fehlt oder ist nicht lesbar.',
  EntitiesInvalid: 'Die Liste der Personen und Orte der Kampagne hat einen Fehler.',
  DuplicateNames: 'Zwei Figuren der Kampagne hören auf einen Namen.',
  EngineNotAvailable:
    'Eine Figur der Kampagne soll mit einem eigenen Modell hören und sprechen, und dafür ist keines eingerichtet.',
  UnknownTool: 'Eine Figur der Kampagne nennt ein Werkzeug, das es nicht gibt.',
  ProviderKeyMissing: 'Der Schlüssel eines KI-Anbieters der Kampagne fehlt.',

  // Die Installation
  Ready: 'Runden können beginnen.',
  NamespaceReady: 'Der Namespace ist da.',
  NamespaceNotAdoptable: 'Den Namespace gibt es schon, und er ist nicht für Skald vorgesehen.',
  NamespaceTerminating: 'Der Namespace wird gerade gelöscht.',
  RightsMissing: 'Skald fehlen Rechte im Namespace.',
  NamespaceUnread: 'Der Namespace wird gerade eingelesen.',
  NameTaken: 'Etwas anderes im Cluster hat einen Namen, den Skald braucht.',
  NamespaceConflict: 'Ein anderer Mandant hat den Namespace.',
  ApplicationConflict: 'Ein anderer Mandant hat diese Discord-Anwendung.',
  DatabaseReady: 'Die Datenbank ist bereit.',
  DatabaseNotConfigured: 'Es gibt keine Datenbank: Nichts wird mitgeschrieben.',
  DatabaseUnreachable: 'Die Datenbank antwortet nicht.',
  MigrationFailed: 'Die Datenbank konnte nicht auf den neuen Stand gebracht werden.',
  SchemaNewer: 'Die Datenbank gehört zu einer neueren Version von Skald.',
  DatabaseRightsMissing: 'Skald fehlen Rechte in der Datenbank.',
  CertificatesReady: 'Zertifikate können ausgestellt werden.',
  CertificateAuthorityMissing: 'Die Zertifizierungsstelle ist noch nicht da.',
  VaultNotConfigured: 'Es gibt kein Vault, und etwas braucht es.',
  VaultUnavailable: 'Vault antwortet nicht.',
  VaultDenied: 'Vault lässt Skald nicht hinein.',
  VaultRefused: 'Vault kann nicht, was es soll.',
  VaultPathNotAllowed: 'Es ist ein Geheimnis genannt, das Skald nicht lesen darf.',
  VaultSecretMissing: 'In Vault fehlt ein Geheimnis.',
  TokenMissing: 'Mein Token für Discord fehlt.',
  TokenEncrypted: 'Mein Token für Discord ist da.',
  TokenInVault: 'Mein Token für Discord ist in Vault.',
  TokenSecretImmutable: 'Mein Token für Discord kann nicht verschlüsselt werden, wo es liegt.',
  PlaintextReturned: 'Mein Token für Discord wird immer wieder im Klartext geschrieben.',
  ProviderKeysReady: 'Die Schlüssel der KI-Anbieter sind da.',
  NoKeysInVault: 'In Vault ist kein Schlüssel eines KI-Anbieters.',
  GatewayAssigned: 'Ein Gateway bedient diesen Server.',
  NoGateway: 'Kein Gateway hat Platz für diesen Server.',
  DedicatedTopologyNotAvailable: 'Für diesen Mandanten kann kein eigenes Gateway angelegt werden.',
  Connected: 'Ich bin mit Discord verbunden.',
  Connecting: 'Ich verbinde mich mit Discord.',
  InvalidToken: 'Discord weist mein Token zurück.',
  DisallowedIntents: 'In Discords Entwicklerportal ist etwas für mich ausgeschaltet.',
  ShardingRequired: 'Ich bin auf mehr Servern, als diese Version bedienen kann.',
  UnsupportedByDiscord: 'Discord nimmt nicht mehr an, was diese Version von Skald verlangt.',
  ApplicationMismatch: 'Mein Token gehört zu einer anderen Discord-Anwendung.',
  TooManyInvalidRequests: 'Discord hat zu viele Anfragen abgewiesen; ich mache zehn Minuten Pause.',
  NotServed: 'Ein Gateway übernimmt diesen Server gerade.',
  Terminating: 'Skald wird gerade von diesem Server entfernt.',
  Reconciling: 'Skald wird gerade eingerichtet.',
};
