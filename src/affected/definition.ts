import type { Target } from '../bake/index.ts';
import { valueChange } from '../explain/clauses.ts';
import type { Reason } from './reasons.ts';

type Attribute = Exclude<keyof Target, 'name'>;

/** What a bake file says of a target beside what is in the image: what it is called and where it goes. */
const OUTSIDE: readonly Attribute[] = ['tags', 'output', 'annotations', 'attest'];
/** What says what the image is, where its files are not looked at. */
const INSIDE: readonly Attribute[] = [
  'context',
  'dockerfile',
  'dockerfile-inline',
  'target',
  'args',
  'contexts',
  'labels',
  'platforms',
];

interface ComparedDefinitions {
  now: Target | undefined;
  before: Target | undefined;
  /** The context is fetched when the target is built: the definition is all that is known. */
  isFetched: boolean;
}

/** What two versions of a bake file say differently of a target. */
export function definitionReasons({ now, before, isFetched }: ComparedDefinitions): Reason[] {
  if (now === undefined || before === undefined) return [];
  return [...OUTSIDE, ...(isFetched ? INSIDE : [])].flatMap((name): Reason[] => {
    const [value, was] = [textOf(now[name]), textOf(before[name])];
    if (value === was) return [];
    return [{ kind: 'definition', subject: name, text: `in the bake file, its ${name} ${valueChange(value, was)}` }];
  });
}

function textOf(value: Target[Attribute]): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  const items = value instanceof Map ? [value] : (value as readonly unknown[]);
  const text = items
    .map((item) => (item instanceof Map ? JSON.stringify(Object.fromEntries(item)) : String(item)))
    .join(', ');
  return text === '' ? undefined : text;
}
