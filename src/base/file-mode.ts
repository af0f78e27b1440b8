/** Gives a file's new mode (07777) from the one it has. */
export type ModeChange = (mode: number, isDirectory: boolean) => number;

const MAX_MODE = 0o7777;

/** The bits that a letter for somebody stands for: with setuid for the owner, and setgid for the group. */
const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o0007, a: 0o6777 };

/** Without a letter everybody is meant, as far as this umask lets them: never that of whoever builds. */
const UMASK = 0o022;
const EVERYBODY = 0o6777;

const PERMISSIONS: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: 0o1000 };
const STICKY = 0o1000;
const EXECUTE = 0o111;

const CLAUSE = /^([ugoa]*)((?:[-+=][ugorwxXst]*)+)$/;

/**
 * Reads the mode of `--chmod`: octal to 07777, or symbolic as in chmod(1) (`u=rwX,go=rX`, `a+x`, `g-w`, `o=u`), by
 * the rules of BSD's setmode, which the reference follows; undefined for anything else.
 */
export function parseModeChange(text: string): ModeChange | undefined {
  const octal = parseOctalMode(text);
  if (octal !== undefined) return () => octal;
  const changes: ModeChange[] = [];
  for (const clause of text.split(',')) {
    const [, who = '', actions] = CLAUSE.exec(clause) ?? [];
    if (actions === undefined) return undefined;
    for (const [, operator = '', what = ''] of actions.matchAll(/([-+=])([ugorwxXst]*)/g)) {
      changes.push(changeOf(who, operator, what));
    }
  }
  return (mode, isDirectory) => changes.reduce((now, change) => change(now, isDirectory || hasExecute(mode)), mode);
}

/** A number from 0 to 07777 in octal digits. */
export function parseOctalMode(text: string): number | undefined {
  if (!/^[0-7]+$/.test(text)) return undefined;
  const mode = Number.parseInt(text, 8);
  return mode <= MAX_MODE ? mode : undefined;
}

function hasExecute(mode: number): boolean {
  return (mode & EXECUTE) !== 0;
}

/** One operator and its operands; the second argument of the result is whether `X` counts. */
function changeOf(who: string, operator: string, what: string): ModeChange {
  const meant = who === '' ? EVERYBODY : [...who].reduce((bits, letter) => bits | (WHO[letter] ?? 0), 0);
  const scope = who === '' ? meant & ~UMASK : meant;
  const reach = who === 'o' ? scope : scope | STICKY;
  return (mode, executes) => {
    const bits = [...what].reduce((all, letter) => all | permissionOf(letter, mode, executes), 0) & reach;
    if (operator === '-') return mode & ~bits;
    return operator === '+' ? mode | bits : (mode & ~meant) | bits;
  };
}

function permissionOf(letter: string, mode: number, executes: boolean): number {
  if (letter === 'X') return executes ? EXECUTE : 0;
  const copied = { u: mode >> 6, g: mode >> 3, o: mode }[letter];
  return copied === undefined ? (PERMISSIONS[letter] ?? 0) : (copied & 0o7) * 0o111;
}
