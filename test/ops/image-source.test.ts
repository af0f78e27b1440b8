import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Digest } from '../../src/base/digest.ts';
import { hostPlatform } from '../../src/oci/platform.ts';
import { formatReference, parseReference } from '../../src/oci/reference.ts';
import { ImageSource } from '../../src/ops/image-source.ts';
import { openStore } from '../../src/store/open.ts';
import { TestBuilder } from './builder.ts';

const test = suite('images by name');

test('a name that an image got here is no place to fetch its layers from', () =>
  TestBuilder.with(async (builder) => {
    await builder.addImage('base', [[{ path: 'a', content: 'a' }]]);
    const name = formatReference(parseReference('child'));
    await builder.build('FROM base\nCOPY <<E /e\nE\n', { outputs: [{ type: 'image', names: [name], push: false }] });
    const store = await openStore(builder.root);
    const images = new ImageSource(store);
    const layer = (await images.stored('child', hostPlatform())).manifest.layers[0]?.digest as Digest;
    const source = { reference: 'registry.example.org/base:1' };
    store.content.remove(layer);
    store.sources.remember(layer, source);
    await images.stored('child', hostPlatform());
    await images.resolve('child', { platform: hostPlatform() });
    for (const stored of store.images.list()) await images.readEntry(stored, hostPlatform());
    assert.equal(store.sources.sourcesOf(layer), [source]);
  }));

test.run();
