import { hostPlatform } from '../../src/oci/platform.ts';
import type { Descriptor } from '../../src/oci/types.ts';
import { validateImage } from '../../src/oci/validate.ts';
import { type Image, ImageSource } from '../../src/ops/image-source.ts';
import { openStore } from '../../src/store/open.ts';

/** Checks all that must hold for an image of the store in `root`, its layers included, and returns it. */
export async function validImage(root: string, name: string): Promise<Image> {
  const store = await openStore(root);
  const images = new ImageSource(store);
  try {
    const image = await images.stored(name, hostPlatform());
    const readBlob = ({ digest }: Descriptor) => store.content.read(digest) as AsyncIterable<Buffer>;
    const config = store.content.readBytes(image.manifest.config.digest);
    await validateImage({ manifest: store.content.readBytes(image.descriptor.digest), config, readBlob });
    return image;
  } finally {
    await images.close();
  }
}
