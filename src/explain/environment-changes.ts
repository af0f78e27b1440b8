import type { RecordedStep } from '../journal/graph-record.ts';
import { valueChange } from './clauses.ts';
import { listed } from './show.ts';
import type { Change } from './types.ts';

/** What changed of the variables that a RUN sees: each by whether an ENV or a build argument sets it. */
export function environmentChanges(now: RecordedStep, before: RecordedStep): Change[] {
  const [variables, variablesBefore] = [variablesOf(now), variablesOf(before)];
  const isArgument = (name: string) => [now, before].some((step) => step.buildArguments?.includes(name) === true);
  const names = [...new Set([...variables.keys(), ...variablesBefore.keys()])];
  const changes = names
    .filter((name) => variables.get(name) !== variablesBefore.get(name))
    .map((name): Change => {
      const kind = isArgument(name) ? 'build argument' : 'environment';
      const what = isArgument(name) ? 'the build argument' : 'the environment variable';
      return {
        kind,
        subject: name,
        text: `${what} ${name} ${valueChange(variables.get(name), variablesBefore.get(name))}`,
      };
    });
  return changes.length > 0 ? changes : orderChange([...variables.keys()], [...variablesBefore.keys()], isArgument);
}

function variablesOf({ preImage }: RecordedStep): Map<string, string> {
  const pairs = Array.isArray(preImage.op.environment) ? (preImage.op.environment as string[]) : [];
  return new Map(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

function orderChange(now: string[], before: string[], isArgument: (name: string) => boolean): Change[] {
  if (now.join() === before.join()) return [];
  const moved = now.filter((name, index) => name !== before[index]);
  const what = moved.every(isArgument) ? 'build arguments' : 'variables';
  const kind = moved.every(isArgument) ? 'build argument' : 'environment';
  return [{ kind, subject: moved[0], text: `the order of the ${what} changed: it is now ${listed(moved)}` }];
}
