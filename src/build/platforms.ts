import { emulators } from '../../runner/index.ts';
import { TsbuildError } from '../base/error.ts';
import { hostPlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/types.ts';
import type { BuildTarget } from './target.ts';

/** For what a target is built, and in which form its result comes. */
export interface TargetPlatforms {
  platforms: readonly Platform[];
  /** They were asked for. */
  given: boolean;
  /** The result is an index. */
  multi: boolean;
}

/** The platforms of a target. BUILDKIT_MULTI_PLATFORM makes an index also of a single one. */
export function platformsOf({ platforms = [], buildArgs, outputs, attest }: BuildTarget): TargetPlatforms {
  const forced = booleanArgument('BUILDKIT_MULTI_PLATFORM', buildArgs.BUILDKIT_MULTI_PLATFORM);
  if (forced === false && platforms.length > 1) {
    throw new TsbuildError('USAGE', 'BUILDKIT_MULTI_PLATFORM is false, and several platforms are asked for', {
      hint: 'leave the build argument out, or choose one platform',
    });
  }
  const multi = forced === true || platforms.length > 1;
  if (multi && outputs.some(({ type }) => type === 'docker')) {
    throw new TsbuildError('USAGE', 'an archive of type=docker holds images of one platform, and no index', {
      hint: 'use -o type=oci, which `docker load` also takes where docker has the containerd image store',
    });
  }
  const isAttested = attest?.provenance !== undefined || attest?.sbom === true;
  if (isAttested) refuseOutputs(outputs);
  return { platforms: platforms.length === 0 ? [hostPlatform()] : platforms, given: platforms.length > 0, multi };
}

/** What has no place for an index, in which attestations are. */
function refuseOutputs(outputs: BuildTarget['outputs']): void {
  if (outputs.some(({ type }) => type === 'docker')) {
    throw new TsbuildError('USAGE', 'an archive of type=docker holds no index, and so no attestations', {
      hint: 'use -o type=oci, or leave --provenance, --sbom and --attest out',
    });
  }
  if (outputs.some((output) => 'form' in output && output.form?.dockerTypes)) {
    throw new TsbuildError('USAGE', 'attestations need oci-mediatypes=true', {
      hint: 'leave oci-mediatypes=false out, or --provenance, --sbom and --attest',
    });
  }
}

const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/** As Go's `strconv.ParseBool`; empty is as good as absent. */
function booleanArgument(name: string, text: string | undefined): boolean | undefined {
  if (text === undefined || text === '') return undefined;
  if (TRUE.includes(text)) return true;
  if (FALSE.includes(text)) return false;
  throw new TsbuildError('USAGE', `${name} is true or false, not ${JSON.stringify(text)}`);
}

/** Whether the kernel runs programs of a platform through an emulator that every container finds. */
export function emulates({ os, architecture }: Platform): boolean {
  const isHere = os === hostPlatform().os;
  return isHere && emulators().some((emulator) => emulator.fixed && emulator.architecture === architecture);
}
