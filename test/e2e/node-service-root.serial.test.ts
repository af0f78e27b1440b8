import { suite } from 'uvu';
import { testService } from './node-service.ts';
import { EVERYBODY } from './place.ts';

const service = suite('node-service, end to end');

service('as root', async () => {
  if (EVERYBODY.includes('root')) await testService('root');
});

service.run();
