import { withoutCredentials } from '../base/url-credentials.ts';
import { formatWithVersion, normalizePlatform, parsePlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/types.ts';
import type { Variables } from './arguments.ts';

/** What a step is shown with beside its instruction. */
export interface StepNamesOptions {
  /** Of the image, where several are built: `app`. */
  label?: string | undefined;
  /** Whether to say for which platform a step is. */
  showPlatform: boolean;
  stage: string | undefined;
  /** How many steps the stage has. */
  total: number;
}

/** Numbers and names the steps of a stage as the reference builder does: `[linux/amd64 build 2/5] RUN npm ci`. */
export class StepNames {
  readonly #options: StepNamesOptions;
  #total: number;
  #count = 0;

  constructor(options: StepNamesOptions) {
    this.#options = options;
    this.#total = options.total;
  }

  /** Steps that were not known before: those of triggers. */
  add(count: number): void {
    this.#total += count;
  }

  /** @param variables those of the stage: a step that knows the target platform is shown with it where it differs */
  next(text: string, platform: Platform, variables: Variables = new Map()): string {
    const { label, showPlatform, stage } = this.#options;
    const shown = showPlatform ? `${formatWithVersion(platform)}${targetOf(platform, variables)}` : undefined;
    const place = [label, shown, stage].filter((part) => part !== undefined);
    this.#count++;
    return `[${[...place, `${this.#count}/${this.#total}`].join(' ')}] ${withoutCredentials(text)}`;
  }
}

/** `->arm64` for a step that runs on one platform and makes something for another one. */
function targetOf(base: Platform, variables: Variables): string {
  const target = targetPlatform(base, variables);
  if (target === undefined) return '';
  const { os, architecture, variant } = normalizePlatform(target);
  if (os !== base.os) return `->${formatWithVersion(target)}`;
  if (architecture === base.architecture) return '';
  return `->${variant === undefined ? architecture : `${architecture}/${variant}`}`;
}

function targetPlatform(base: Platform, variables: Variables): Platform | undefined {
  const whole = variables.get('TARGETPLATFORM');
  if (whole !== undefined) return platformOrNone(whole);
  const [os, architecture] = [variables.get('TARGETOS'), variables.get('TARGETARCH')];
  if (!os && !architecture) return undefined;
  return {
    os: os || base.os,
    architecture: architecture || base.architecture,
    variant: variables.get('TARGETVARIANT') || undefined,
  };
}

/** The variable may have been given any value. */
function platformOrNone(text: string): Platform | undefined {
  try {
    return parsePlatform(text);
  } catch {
    return undefined;
  }
}
