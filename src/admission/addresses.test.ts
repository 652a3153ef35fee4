import { describe, expect, test } from 'vitest';
import { addressKind } from './addresses.ts';

/** As a URL's host, which is how most of these notations come in. */
function kindOfHost(host: string): string | undefined {
  return addressKind(new URL(`http://${host}/`).hostname);
}

describe('an address', () => {
  test.each(['1.1.1.1', '93.184.215.14', '172.15.0.1', '172.32.0.1', '100.63.0.1', '[2606:4700::1111]'])(
    '%s is on the Internet',
    (host) => expect(kindOfHost(host)).toBe('public'),
  );

  test.each([
    '10.96.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.5',
    '100.64.0.1',
    '198.19.0.1',
    '[fd00::1]',
    '[fc12:3456::1]',
    '[fec0::1]',
    // The same in other clothes.
    '0xa.1',
    '012.0.0.1',
    '167772161',
    '10.1',
    '1%30.0.0.1',
    '１０.0.0.1',
    '10。0。0。1',
    '[::ffff:10.0.0.1]',
    '[::10.0.0.1]',
    '[64:ff9b::a00:1]',
    '[64:ff9b:1::808:808]',
    '[2002:a00:1::]',
    '[2606:4700::5efe:10.0.0.1]',
  ])('%s is in a private network', (host) => expect(kindOfHost(host)).toBe('private'));

  test.each([
    '127.0.0.1',
    '127.255.0.1',
    '0',
    '0.0.0.0',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '169.254.169.254',
    '169.254.170.2',
    '0xa9fea9fe',
    '2852039166',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '224.0.0.1',
    '255.255.255.255',
    '[::]',
    '[::1]',
    '[fe80::1]',
    '[febf::1]',
    '[ff02::1]',
    '[fd00:ec2::254]',
    '[fd20:ce::254]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a9fe:a9fe]',
    '[::ffff:0:169.254.169.254]',
    '[::127.0.0.1]',
    '[64:ff9b::169.254.169.254]',
    '[2002:7f00:1::]',
    '[2001:0:1::1]',
    '[2606:4700::200:5efe:169.254.169.254]',
  ])('%s is this machine, its link, a metadata service or nothing', (host) =>
    expect(kindOfHost(host)).toBe('local'),
  );

  test('with a zone is what it is without', () => expect(addressKind('fe80::1%eth0')).toBe('local'));

  test.each(['example.com', 'localhost', '', '1.2.3', 'fe80'])('%j is none', (text) =>
    expect(addressKind(text)).toBeUndefined(),
  );
});
