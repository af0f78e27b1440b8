import { fromBytePath } from '../base/bytepath.ts';
import type { Json } from '../base/digest.ts';
import type { RecordedStep } from '../journal/graph-record.ts';
import { expansionChanges, hasOtherText, heredocBodyChange, instructionChange, same, valueChange } from './clauses.ts';
import { environmentChanges } from './environment-changes.ts';
import type { Change } from './types.ts';

interface RunFields {
  argv?: readonly string[];
  file?: { name: string; content: string };
  directory?: string;
  user?: string;
  network?: string;
  mounts?: readonly MountFields[];
  hostname?: string;
  platform?: string;
}

type MountFields = { readonly [field: string]: Json | undefined };

/** What changed of a RUN beside what it runs on: the most telling first. */
export function runChanges(now: RecordedStep, before: RecordedStep): Change[] {
  const [run, runBefore] = [fieldsOf(now), fieldsOf(before)];
  const changes = [
    ...platformChange(run, runBefore),
    ...commandChanges(now, before),
    ...mountChanges(run.mounts ?? [], runBefore.mounts ?? []),
    ...environmentChanges(now, before),
    ...settingChange('--network', run.network, runBefore.network),
  ];
  if (changes.length > 0) return changes;
  return [
    ...expansionChanges(now, [['working directory', run.directory ?? '/', runBefore.directory ?? '/']]),
    ...otherChange('the user', run.user, runBefore.user),
    ...otherChange('the host name', run.hostname, runBefore.hostname),
  ];
}

function fieldsOf({ preImage }: RecordedStep): RunFields {
  return preImage.op as RunFields;
}

function platformChange({ platform }: RunFields, { platform: before }: RunFields): Change[] {
  return platform === before ? [] : [{ kind: 'platform', text: `the platform ${valueChange(platform, before)}` }];
}

function commandChanges(now: RecordedStep, before: RecordedStep): Change[] {
  const [run, runBefore] = [fieldsOf(now), fieldsOf(before)];
  if (same([run.argv, run.file], [runBefore.argv, runBefore.file])) return [];
  const [script, scriptBefore] = [scriptOf(run), scriptOf(runBefore)];
  if (script === scriptBefore) return shellChange(run, runBefore);
  const isHeredoc = [now, before].every(({ name }) => name.includes('<<'));
  if (!isHeredoc) return [instructionChange(now, before)];
  return hasOtherWord(now, before)
    ? [instructionChange(now, before)]
    : [heredocBodyChange(heredocName(now), script, scriptBefore)];
}

/** What is executed, without the shell that executes it. */
function scriptOf({ argv = [], file }: RunFields): string {
  return file?.content ?? argv.at(-1) ?? '';
}

function shellChange({ argv = [] }: RunFields, { argv: before = [] }: RunFields): Change[] {
  const [shell, shellBefore] = [argv, before].map((words) => words.slice(0, -1).join(' '));
  return [{ kind: 'other', subject: 'SHELL', text: `the shell ${valueChange(shell, shellBefore)}` }];
}

/** Whether more than what a heredoc begins with, which stands in brackets, is another text. */
function hasOtherWord(now: RecordedStep, before: RecordedStep): boolean {
  const head = ({ name }: RecordedStep) => name.replace(/^[^\]]*\] /, '').replace(/(<<\S+) \(.*$/s, '$1');
  return hasOtherText(now, before) && head(now) !== head(before);
}

function heredocName({ name }: RecordedStep): string {
  return /<<-?["']?([^\s"']+)/.exec(name)?.[1] ?? '';
}

/** Mounts are the same by type and place; what differs then is an option. */
function mountChanges(now: readonly MountFields[], before: readonly MountFields[]): Change[] {
  if (same(now, before)) return [];
  const known = new Map(before.map((mount) => [identityOf(mount), mount]));
  const changes = now.flatMap((mount): Change[] => {
    const earlier = known.get(identityOf(mount));
    known.delete(identityOf(mount));
    return earlier === undefined ? [mountChange(mount, 'is new')] : optionChanges(mount, earlier);
  });
  changes.push(...[...known.values()].map((mount) => mountChange(mount, 'is gone')));
  return changes.length > 0 ? changes : [{ kind: 'mount', text: 'the order of its mounts changed' }];
}

function identityOf({ type, target, id, env }: MountFields): string {
  return JSON.stringify(type === 'secret' || type === 'ssh' ? [type, id] : [type, target ?? env]);
}

function mountChange(mount: MountFields, what: string): Change {
  const subject = nameOf(mount);
  return { kind: 'mount', subject, text: `the mount ${subject} ${what}` };
}

/** Which input a tree comes from is a number of this graph; its inputs are compared elsewhere. */
const NOT_SHOWN = ['input'];

function optionChanges(now: MountFields, before: MountFields): Change[] {
  const fields = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter(
    (name) => !NOT_SHOWN.includes(name),
  );
  return fields
    .filter((field) => !same(now[field], before[field]))
    .map((field) =>
      mountChange(now, `has another option: ${field} ${valueChange(text(now[field]), text(before[field]))}`),
    );
}

function nameOf({ type, target, id, env }: MountFields): string {
  return `type=${type} ${fromBytePath(String(type === 'secret' || type === 'ssh' ? id : (target ?? env)))}`;
}

function text(value: Json | undefined): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}

function settingChange(flag: string, now: string | undefined, before: string | undefined): Change[] {
  return now === before ? [] : [{ kind: 'flag', subject: flag, text: `the flag ${flag} ${valueChange(now, before)}` }];
}

function otherChange(what: string, now: string | undefined, before: string | undefined): Change[] {
  return now === before ? [] : [{ kind: 'other', text: `${what} ${valueChange(now, before)}` }];
}
