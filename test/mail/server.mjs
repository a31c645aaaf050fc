// A real SMTP server for the tests: STARTTLS is required, and a password. It
// prints its port, then each mail as a line of JSON as soon as it has it all.
// To slow@… it answers only five seconds later; busy@… is refused for now.
// Arguments: the files of the key and of the certificate.
import fs from 'node:fs';
import { SMTPServer } from 'smtp-server';

const [key, cert] = process.argv.slice(2).map((f) => fs.readFileSync(f));
const server = new SMTPServer({
  key, cert, authMethods: ['PLAIN', 'LOGIN'], logger: false,
  onAuth(auth, session, done) {
    if (session.secure && auth.username === 'farol' && auth.password === 's3cret word') done(null, { user: 'farol' });
    else done(new Error('wrong password'));
  },
  onRcptTo(address, session, done) {
    const busy = address.address.startsWith('busy@') && new Error('try later');
    if (busy) busy.responseCode = 451;
    done(busy || null);
  },
  onData(stream, session, done) {
    const parts = [];
    stream.on('data', (p) => parts.push(p));
    stream.on('end', () => {
      const to = session.envelope.rcptTo.map((r) => r.address);
      console.log(JSON.stringify({ to, from: session.envelope.mailFrom.address, secure: session.secure, raw: Buffer.concat(parts).toString() }));
      if (to.some((t) => t.startsWith('slow@'))) setTimeout(done, 5000);
      else done();
    });
  },
});
server.listen(0, '127.0.0.1', () => console.log(server.server.address().port));
