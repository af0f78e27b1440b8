import packageJson from '../../package.json' with { type: 'json' };
import type { Attestation } from '../attest/attestation.ts';
import { provenanceOf } from '../attest/provenance/predicate.ts';
import { scanRoot } from '../attest/sbom/scan.ts';
import { sbomOf } from '../attest/sbom/spdx.ts';
import { formatPlatform } from '../oci/platform.ts';
import { familiarName, parseReference } from '../oci/reference.ts';
import { rootfsOf } from '../ops/rootfs.ts';
import { type AttestedBuild, buildFacts } from './build-facts.ts';
import { internalStep } from './internal-step.ts';
import type { BuildSettings, BuildTarget } from './target.ts';
import type { Workspace } from './workspace.ts';

/** What the target wants to have attested of its image for one platform. */
export async function attestationsOf(
  built: AttestedBuild,
  workspace: Workspace,
  settings: BuildSettings,
): Promise<Attestation[]> {
  const { provenance, sbom } = built.attest;
  const attestations: Attestation[] = [];
  if (sbom) attestations.push(await inventory(built, workspace, settings));
  if (provenance !== undefined) attestations.push(provenanceOf(await buildFacts(built), provenance));
  return attestations;
}

/** The files of the image are needed for it, also those of its base. */
async function inventory(built: AttestedBuild, { layers }: Workspace, { emit }: BuildSettings): Promise<Attestation> {
  const { target, platform, result } = built;
  const name = nameOf(target);
  const shown = formatPlatform(platform);
  const found = await internalStep(emit, `listing the packages of ${name} for ${shown}`, async (progress) =>
    scanRoot(await layers.view(rootfsOf(result).snapshot, progress)),
  );
  for (const sentence of found.unread) emit({ type: 'warning', time: Date.now(), message: `SBOM: ${sentence}` });
  return sbomOf(found, { name, platform: shown, created: createdAt(built), version: packageJson.version });
}

function nameOf({ tags, name = 'image' }: BuildTarget): string {
  const [first] = tags;
  return first === undefined ? name : familiarName(parseReference(first));
}

/** When the root was made, which is the same for who takes it from the cache; of a base image as it is, its own time. */
function createdAt({ plan, target, result }: AttestedBuild): number {
  const epoch = plan.epoch ?? target.epoch;
  if (epoch !== undefined) return epoch * 1000;
  const isMade = plan.rootfs.op.kind !== 'image' && plan.rootfs.op.kind !== 'scratch';
  return isMade ? result.created : Date.parse(plan.baseCreated ?? '') || 0;
}
