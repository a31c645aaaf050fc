// A real OpenID provider for the tests. It prints its address, reads the
// redirect address of the one client from standard input, and then serves.
// People sign in under any name: NAME@example.com, groups as the name says
// ("ana+cs" is in the group cs); "ghost" has no e-mail, "shady" no verified one.
import http from 'node:http';
import readline from 'node:readline';
import { Provider } from 'oidc-provider';

const server = http.createServer((req, res) => handler(req, res));
let handler = (req, res) => { res.statusCode = 503; res.end(); };

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  console.log(issuer);
  readline.createInterface({ input: process.stdin }).once('line', (redirect) => {
    const provider = new Provider(issuer, {
      clients: [{ client_id: 'farol', client_secret: 'test secret', redirect_uris: [redirect], grant_types: ['authorization_code'], response_types: ['code'] }],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'locale', 'groups'] },
      cookies: { keys: ['test'] },
      pkce: { required: () => true },
      findAccount: (ctx, id) => ({
        accountId: id,
        claims: () => {
          const [name, ...groups] = id.split('+');
          const who = { sub: id, name: `Name of ${name}`, locale: 'pt-BR', groups };
          if (name !== 'ghost') Object.assign(who, { email: `${name}@example.com`, email_verified: name !== 'shady' });
          return who;
        },
      }),
    });
    handler = provider.callback();
    console.log('ready');
  });
});
