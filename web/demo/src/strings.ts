/**
 * Every word a person reads in the demo.
 *
 * Components take their words from here and hold none of their own, so that a translation is one file.
 */

/** Plural by English rules: `count(2, "person", "people")` is "2 people". */
function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

export const strings = {
  product: "Avatarium",
  noState: "This page is served by “avatarium demo”. Start it there and open the address that it prints.",

  skip: "Skip to the talk",

  places: { label: "Regions", people: "People", talk: "Talk", sources: "Sources" },

  presence: {
    online: "online",
    "in a call": "in a call",
    away: "away",
    offline: "offline",
  },

  signIn: {
    title: "Who are you today?",
    lead: (people: number): string =>
      `Choose one of three people. You will meet the other ${people - 1}, and you can change pictures.`,
    choices: "People to sign in as",
    administrator: "Administrator: may change every picture",
    person: "May change their own picture",
    failed: "Signing in did not work. Check that the server is running, then choose again.",
  },

  account: {
    of: (name: string): string => `Account of ${name}`,
    administrator: "Administrator",
    profile: "Your profile",
    change: "Change picture",
    signOut: "Sign out",
    failed: "Signing out did not work. Check that the server is running, then try again.",
  },

  roster: {
    title: "People",
    find: (people: number): string => `Find among ${count(people, "person", "people")}`,
    found: (found: number, people: number): string => `${found} of ${count(people, "person", "people")}`,
    nobody: (query: string): string => `Nobody here matches “${query}”.`,
    nobodyHint: "Search looks at names, titles and cities.",
    clear: "Clear search",
    you: "you",
    waiting: (messages: number): string => count(messages, "new message", "new messages"),
    empty: "There is nobody here yet.",
  },

  talk: {
    group: "Launch week",
    groupDetail: (people: number): string => `${count(people, "person", "people")} · pictures change here first`,
    back: "Back to Launch week",
    messages: (thread: string): string => `Messages in ${thread}`,
    write: (thread: string): string => `Write to ${thread}`,
    send: "Send",
    profileOf: (name: string): string => `Profile of ${name}`,
    sayHello: (name: string): string => `Nothing said yet. Write the first line to ${name}.`,
  },

  profile: {
    close: "Close",
    picture: "Picture",
    answeredBy: "Answered by",
    revision: (revision: number): string => `revision ${revision}`,
    checked: (age: string): string => `checked ${age}`,
    none: (revision: number): string => (revision === 0 ? "none yet" : `none, revision ${revision}`),
    ownFrame: "in the modal’s own frame",
    milliseconds: (duration: string): string => `in ${duration} ms`,
    message: "Message",
    change: "Change picture",
  },

  edit: {
    title: "Change picture",
    of: (name: string): string => `of ${name}`,
    drop: "Drop a picture here or",
    choose: "choose a file",
    chooseAnother: "Choose another file",
    formats: "JPEG, PNG, WebP, GIF or AVIF, up to 20 MB",
    preview: "The picture that you chose",
    noPreview: "No preview",
    upload: "Upload",
    uploading: "Uploading…",
    progress: "Upload progress",
    cancel: "Cancel",
    remove: "Remove picture",
    changed: (name: string): string => `The picture of ${name} is changed.`,
    removed: (name: string): string => `The picture of ${name} is removed.`,
  },

  sources: {
    memory: "memory",
    storage: "storage",
    blob: "blob",
    worker: "worker",
    http: "http",
    origin: "origin",
    default: "initials",
  },

  lens: {
    title: "Where pictures came from",
    open: "Sources",
    close: "Close sources",
    shown: "shown",
    kilobytes: "kB",
    calls: (calls: number): string => (calls === 1 ? "API call" : "API calls"),
    bar: (parts: readonly string[]): string => `Pictures by source: ${parts.join(", ")}`,
    part: (source: string, pictures: number): string => `${source} ${pictures}`,
    initials: (people: number): string =>
      `${count(people, "person has", "people have")} no picture: initials, drawn here.`,
    person: "Person",
    source: "Source",
    milliseconds: "ms",
    bytes: "Bytes",
    table: "Latest pictures",
    nothing: "No picture has been loaded yet.",
  },

  /** What went wrong with an upload, by the stable code of the error. `file` is what the file seems to be. */
  failures: {
    "not-an-image": (file: string): string => `That file is ${file}. Choose a JPEG, PNG, WebP, GIF or AVIF.`,
    "undecodable-image": (): string => "That picture is damaged or cut short. Choose another copy of it.",
    "aspect-beyond-limit": (): string => "That picture is too long and thin. Choose one that is closer to a square.",
    "upload-too-large": (): string => "That file is larger than 20 MB. Choose a smaller one.",
    "too-many-pixels": (): string => "That picture has more than 64 megapixels. Choose a smaller one.",
    "too-many-frames": (): string => "That animation has too many frames. Choose a shorter one.",
    "empty-upload": (): string => "That file is empty. Choose another one.",
    "sign-in-required": (): string => "You are signed out. Reload the page and sign in again.",
    "not-allowed": (): string => "You may change only your own picture. Ask an administrator to change this one.",
    "cross-site-write": (): string =>
      "Your browser says that this page comes from another site. Open the demo by its own address.",
    "unknown-user": (): string => "This person is not here any more. Reload the page.",
    "lost-race": (): string => "Somebody else changed this picture at the same moment. Try again.",
    "precondition-failed": (): string => "Somebody else changed this picture meanwhile. Look at it, then try again.",
    "too-many-requests": (): string => "That was many changes in a short time. Wait a minute, then try again.",
    unavailable: (): string => "The server can’t take a picture right now. Try again in a minute.",
  } as Readonly<Record<string, (file: string) => string>>,
  failureUnreachable: "The server could not be reached. Check that it is running, then try again.",
  failureOther: "That did not work. Try again; if it fails again, choose another file.",

  /** What a file seems to be, by the first MIME type or family that fits. */
  kinds: [
    ["image/svg+xml", "an SVG drawing"],
    ["image/heic", "a HEIC photo"],
    ["image/heif", "a HEIC photo"],
    ["image/", "a kind of picture that can’t be used here"],
    ["text/html", "a web page"],
    ["text/", "a text file"],
    ["application/json", "a text file"],
    ["application/pdf", "a PDF"],
    ["application/zip", "a ZIP archive"],
    ["video/", "a video"],
    ["audio/", "a sound file"],
    ["font/", "a font"],
  ] as ReadonlyArray<readonly [type: string, words: string]>,
  kindUnknown: "not a picture",

  /** What was said in the group before you came: who (user id), when, what. */
  launchWeek: [
    ["tomas-herrera", "09:12", "Morning! The new pictures are live on the roster."],
    ["tomas-herrera", "09:12", "Change yours and watch every place on this page."],
    ["rafael-costa", "09:14", "Mine changed before I had let go of the mouse."],
    ["marcus-bell", "09:15", "Sent mine straight from the phone, sideways. It came out upright."],
    ["elif-yildiz", "09:17", "I have none yet, so it writes my initials. Same colour everywhere."],
    ["jonas-lindqvist", "09:21", "Is it one request a picture again?"],
    ["tomas-herrera", "09:22", "One for all two hundred of us, and none for a profile. Open any."],
    ["oscar-nystrom", "09:30", "I opened thirty. Zero bare frames."],
    ["hana-novak", "09:32", "I sent it a text file, to be mean. It told me what it would rather have."],
  ] as ReadonlyArray<readonly [userId: string, time: string, text: string]>,

  /** What waits to be read, by person. */
  waiting: [
    ["jonas-lindqvist", "09:23", "Do you have a minute?"],
    ["jonas-lindqvist", "09:23", "I would like your picture for the launch page."],
    ["jonas-lindqvist", "09:24", "A square one, if you have it. It gets cut square anyway."],
    ["leila-haddad", "09:38", "Your picture suits you."],
  ] as ReadonlyArray<readonly [userId: string, time: string, text: string]>,

  units: {
    none: "–",
    bytes: (figure: string): string => `${figure} B`,
    kilobytes: (figure: string): string => `${figure} kB`,
    megabytes: (figure: string): string => `${figure} MB`,
  },

  ages: {
    now: "just now",
    minutes: (minutes: number): string => `${count(minutes, "minute", "minutes")} ago`,
    hours: (hours: number): string => `${count(hours, "hour", "hours")} ago`,
    days: (days: number): string => `${count(days, "day", "days")} ago`,
  },
} as const;
