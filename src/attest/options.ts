import { invalidOption, optionFields, truthOf } from '../base/option-fields.ts';

/** What is to be attested of a build. Nothing is where nobody asks for it. */
export interface AttestOptions {
  provenance?: ProvenanceOptions | undefined;
  sbom?: boolean | undefined;
}

export interface ProvenanceOptions {
  mode: 'min' | 'max';
  version: 'v1' | 'v0.2';
  /** `builder-id`: the URL of whatever runs the build. */
  builderId: string;
  /** `reproducible=true`: the user's word that the build gives the same bytes again. */
  reproducible: boolean;
}

const ATTEST_TYPES = ['provenance', 'sbom'] as const;
const FIELDS: Readonly<Record<(typeof ATTEST_TYPES)[number], readonly string[]>> = {
  provenance: ['mode', 'version', 'builder-id', 'reproducible'],
  sbom: [],
};

/**
 * Reads `--attest`, `--provenance` and `--sbom`. As with docker, the short forms of a type stand in the place of the
 * long one.
 */
export function parseAttests(
  attests: readonly string[],
  short: { provenance?: string | string[] | undefined; sbom?: string | string[] | undefined } = {},
): AttestOptions {
  const options: AttestOptions = {};
  for (const text of attests) Object.assign(options, parseAttest('--attest', text));
  for (const type of ATTEST_TYPES) {
    const value = [short[type]].flat().at(-1);
    if (value !== undefined) Object.assign(options, parseAttest(`--${type}`, shortForm(type, value)));
  }
  return options;
}

/** `true` and `false` switch an attestation on and off; anything else are its fields. */
export function shortForm(type: string, value: string): string {
  if (/^(1|t|true)?$/i.test(value)) return `type=${type}`;
  if (/^(0|f|false)$/i.test(value)) return `type=${type},disabled=true`;
  return `type=${type},${value}`;
}

/** Reads `type=provenance,mode=max` or `type=sbom`. */
function parseAttest(option: string, text: string): AttestOptions {
  const fields = optionFields(option, text);
  const type = ATTEST_TYPES.find((name) => name === fields.get('type'));
  if (type === undefined) {
    const problem = fields.has('type') ? `there is no attestation ${fields.get('type')}` : 'the field type is missing';
    throw invalidOption(option, text, problem, `write type=${ATTEST_TYPES.join(' or type=')}`);
  }
  const isDisabled = truthOf(option, text, 'disabled', fields.get('disabled')) === true;
  for (const name of fields.keys()) refuseUnknown(option, text, type, name);
  if (type === 'sbom') return { sbom: !isDisabled };
  return { provenance: isDisabled ? undefined : provenanceOf(option, text, fields) };
}

function refuseUnknown(option: string, text: string, type: keyof typeof FIELDS, name: string): void {
  if (name === 'type' || name === 'disabled' || FIELDS[type].includes(name)) return;
  const known = FIELDS[type].length === 0 ? 'it has none' : `its fields are: ${FIELDS[type].join(', ')}`;
  const hint = type === 'sbom' ? `${known}: what is installed is read by tsbuild itself, without a scanner` : known;
  throw invalidOption(option, text, `${name} is not a field of ${type}`, hint);
}

function provenanceOf(option: string, text: string, fields: ReadonlyMap<string, string>): ProvenanceOptions {
  const oneOf = <T extends string>(name: string, known: readonly [T, ...T[]]): T => {
    const value = fields.get(name) ?? known[0];
    const found = known.find((one) => one === value);
    if (found !== undefined) return found;
    throw invalidOption(option, text, `${name} is ${known.join(' or ')}, not ${JSON.stringify(value)}`);
  };
  return {
    mode: oneOf('mode', ['min', 'max']),
    version: oneOf('version', ['v1', 'v0.2']),
    builderId: fields.get('builder-id') ?? '',
    reproducible: truthOf(option, text, 'reproducible', fields.get('reproducible')) === true,
  };
}
