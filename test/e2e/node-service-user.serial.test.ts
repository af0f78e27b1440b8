import { suite } from 'uvu';
import { testService } from './node-service.ts';
import { EVERYBODY } from './place.ts';

const service = suite('node-service, end to end');

service('as user', async () => {
  if (EVERYBODY.includes('user')) await testService('user');
});

service.run();
