import { type Delivered, idOf } from '../export/deliver.ts';

/** The keys of the reference builder's metadata file. */
export function metadataOf({ image, names }: Delivered): Record<string, unknown> {
  if (image === undefined) return {};
  return {
    ...(idOf(image) !== image.descriptor.digest && { 'containerimage.config.digest': idOf(image) }),
    'containerimage.descriptor': image.descriptor,
    'containerimage.digest': image.descriptor.digest,
    ...(names.length > 0 && { 'image.name': names.join(',') }),
  };
}
