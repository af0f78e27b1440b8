import { isMap, type Yaml, type YamlMap } from './parse.ts';

/** Maps that a file may also write as a list of `NAME=VALUE`. */
const PAIRS: ReadonlySet<string> = new Set(['args', 'labels', 'additional_contexts', 'environment', 'extra_hosts']);

/** Lays one compose file over another: maps are merged, lists grow, anything else is replaced. */
export function mergeCompose(below: YamlMap, above: YamlMap): YamlMap {
  const merged: YamlMap = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = Object.hasOwn(merged, key) ? merged[key] : undefined;
    merged[key] = old === undefined ? value : mergeValue(key, old, value);
  }
  return merged;
}

function mergeValue(key: string, old: Yaml, value: Yaml): Yaml {
  if (key === 'build' && typeof old !== typeof value) return mergeCompose(buildMap(old), buildMap(value));
  if (PAIRS.has(key)) return mergeCompose(pairsOf(old), pairsOf(value));
  if (isMap(old) && isMap(value)) return mergeCompose(old, value);
  if (!Array.isArray(old) || !Array.isArray(value)) return value;
  const texts = new Set(old.map((item) => JSON.stringify(item)));
  return [...old, ...value.filter((item) => !texts.has(JSON.stringify(item)))];
}

function buildMap(build: Yaml): YamlMap {
  return isMap(build) ? build : { context: build };
}

/** A list of `NAME=VALUE` as a map; a name alone has no value. */
export function pairsOf(value: Yaml | undefined): YamlMap {
  if (isMap(value)) return value;
  if (!Array.isArray(value)) return {};
  return Object.fromEntries(
    value.map(String).map((pair): [string, Yaml] => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, null] : [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
