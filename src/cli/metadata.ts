import { type Delivered, idOf } from '../export/deliver.ts';

/** The keys of the reference builder's metadata file. The digest is the one in the registry where there was a push. */
export function metadataOf({ image, names, named = image?.descriptor }: Delivered): Record<string, unknown> {
  if (image === undefined || named === undefined) return {};
  return {
    ...(idOf(image) !== image.descriptor.digest && { 'containerimage.config.digest': idOf(image) }),
    'containerimage.descriptor': named,
    'containerimage.digest': named.digest,
    ...(names.length > 0 && { 'image.name': names.join(',') }),
  };
}
