"""What `up` does through the APIs; every step is skipped where it is already done.

setup.py identity [cinder]                 users, roles, projects, the catalogue (an optional
                                           service that is not named is taken out of it)
setup.py computes HOST...                  wait until these fake hosts have reported
setup.py resources DIR "ZONE..." [cinder]  aggregates, flavors, images, networks, clouds.yaml
"""
import io
import os
import struct
import sys
import time

import openstack
import yaml

AUTH_URL = 'http://127.0.0.1:5000/v3'
INTERFACES = ('public', 'internal', 'admin')
SERVICES = {
    'nova': ('compute', 'http://127.0.0.1:8774/v2.1'),
    'neutron': ('network', 'http://127.0.0.1:9696'),
    'glance': ('image', 'http://127.0.0.1:9292'),
    'placement': ('placement', 'http://127.0.0.1:8778'),
}
# Both types are in use: clients of today ask for the second, those of yesterday for the first.
CINDER_SERVICES = {
    'cinderv3': ('volumev3', 'http://127.0.0.1:8776/v3/$(project_id)s'),
    'cinder': ('block-storage', 'http://127.0.0.1:8776/v3/$(project_id)s'),
}
FLAVORS = (  # id, name, VCPUs, MiB of RAM, GiB of disk
    ('1', 'm1.tiny', 1, 512, 1), ('2', 'm1.small', 1, 2048, 20), ('3', 'm1.medium', 2, 4096, 40),
    ('4', 'm1.large', 4, 8192, 80), ('5', 'm1.xlarge', 8, 16384, 160))


def login(user, password, project):
    """The options of a password log-in, as clouds.yaml has them."""
    return dict(auth_url=AUTH_URL, username=user, password=password, project_name=project,
                user_domain_name='Default', project_domain_name='Default')


def connect(user, password, project):
    return openstack.connect(load_yaml_config=False, load_envvars=False, region_name='RegionOne',
                             auth=login(user, password, project))


def wait_until(missing, what):
    """Call `missing` until it returns nothing."""
    end = time.time() + 120
    while True:
        left = missing()
        if not left:
            return
        if time.time() > end:
            sys.exit('up: not reported by %s: %s' % (what, sorted(left)))
        time.sleep(0.5)


def identity(optional):
    admin = connect('admin', 'secret', 'admin').identity
    create_users(admin, ['nova', 'neutron', 'glance', 'placement'] + optional)
    create_catalogue(admin, {**SERVICES, **(CINDER_SERVICES if 'cinder' in optional else {})})


def create_users(admin, service_users):
    roles = {r.name: r for r in admin.roles()}
    for name in ('service', 'member', 'reader'):
        if name not in roles:
            roles[name] = admin.create_role(name=name)
    projects = {p.name: p for p in admin.projects(domain_id='default')}
    for name in ('service', 'demo', 'alt'):
        if name not in projects:
            projects[name] = admin.create_project(name=name, domain_id='default')
    known = {u.name for u in admin.users(domain_id='default')}
    wanted = [(name, 'service', 'service', ('admin', 'service')) for name in service_users]
    wanted += [('demo', 'demo', 'demo', ('member',)), ('alt', 'alt', 'alt', ('member',)),
               ('reader', 'reader', 'demo', ('reader',))]
    for name, password, project, grants in wanted:
        if name in known:
            continue
        user = admin.create_user(name=name, password=password, domain_id='default',
                                 default_project_id=projects[project].id)
        for role in grants:
            admin.assign_project_role_to_user(projects[project], user, roles[role])


def create_catalogue(admin, wanted):
    known = {s.name: s for s in admin.services()}
    for name in CINDER_SERVICES:
        if name in known and name not in wanted:
            admin.delete_service(known.pop(name))  # its endpoints go with it
    endpoints = {(e.service_id, e.interface) for e in admin.endpoints()}
    for name, (kind, url) in wanted.items():
        if name not in known:
            known[name] = admin.create_service(name=name, type=kind)
        for interface in INTERFACES:
            if (known[name].id, interface) not in endpoints:
                admin.create_endpoint(service_id=known[name].id, interface=interface, url=url,
                                      region_id='RegionOne')


def computes(hosts):
    admin = connect('admin', 'secret', 'admin')

    def missing():
        up = {s.host for s in admin.compute.services(binary='nova-compute') if s.state == 'up'}
        listed = admin.placement.get('/resource_providers').json()['resource_providers']
        return set(hosts) - (up & {p['name'] for p in listed})
    wait_until(missing, 'Nova')


def resources(folder, zones, optional):
    admin = connect('admin', 'secret', 'admin')
    create_zones(admin.compute, zones)
    known = {f.name for f in admin.compute.flavors()}
    for number, name, vcpus, ram, disk in FLAVORS:
        if name not in known:
            admin.compute.create_flavor(id=number, name=name, vcpus=vcpus, ram=ram, disk=disk)
    create_images(admin.image)
    create_networks(admin.network)
    if 'cinder' in optional:
        create_volume_types(admin.block_storage)
    write_clouds(os.path.join(folder, 'clouds.yaml'))
    show(admin)


def create_zones(compute, zones):
    aggregates = {a.name: a for a in compute.aggregates()}
    hosts = sorted(s.host for s in compute.services(binary='nova-compute'))
    for zone in zones:
        if zone not in aggregates:
            aggregates[zone] = compute.create_aggregate(name=zone, availability_zone=zone)
        have = aggregates[zone].hosts or []
        for host in hosts:
            if host.startswith('fake-%s-' % zone) and host not in have:
                compute.add_host_to_aggregate(aggregates[zone], host)


def create_images(image):
    known = {i.name for i in image.images()}
    for name, kind, data in (
            ('cirros', 'qcow2', qcow2(112 << 20)), ('debian-12', 'qcow2', qcow2(1 << 30)),
            ('ubuntu-22.04', 'raw', b'\0' * (1 << 20))):
        if name not in known:
            image.create_image(
                name=name, disk_format=kind, container_format='bare', visibility='public',
                data=io.BytesIO(data), os_distro=name.split('-')[0], validate_checksum=False)


def qcow2(size):
    """The smallest valid qcow2 image of that virtual size: a header and an empty L1 table."""
    cluster = 65536
    l1_size = max(1, -(-size // (cluster * (cluster // 8))))
    header = struct.pack('>4sIQIIQIIQQIIQ', b'QFI\xfb', 2, 0, 0, 16, size, 0, l1_size,
                         3 * cluster, cluster, 1, 0, 0)
    refcounts = struct.pack('>Q', 2 * cluster).ljust(cluster, b'\0')
    block = struct.pack('>4H', 1, 1, 1, 1).ljust(cluster, b'\0')
    return header.ljust(cluster, b'\0') + refcounts + block + b'\0' * cluster


def create_networks(network):
    if not network.find_network('public'):
        made = network.create_network(
            name='public', is_router_external=True, provider_network_type='flat',
            provider_physical_network='public', is_default=True)
        network.create_subnet(
            name='public-subnet', network_id=made.id, ip_version=4, cidr='172.24.0.0/16',
            gateway_ip='172.24.0.1', enable_dhcp=False,
            allocation_pools=[{'start': '172.24.1.0', 'end': '172.24.255.254'}])
    if not network.find_network('provider'):
        made = network.create_network(
            name='provider', is_shared=True, provider_network_type='vlan',
            provider_physical_network='physnet1', provider_segmentation_id=100)
        network.create_subnet(name='provider-subnet', network_id=made.id, ip_version=4,
                              cidr='10.100.0.0/16', gateway_ip='10.100.0.1')


def create_volume_types(cinder):
    def missing():
        services = cinder.get('/os-services').json()['services']
        return {'cinder-scheduler', 'cinder-volume'} - {
            s['binary'] for s in services if s['state'] == 'up'}
    wait_until(missing, 'Cinder')
    types = {t.name: t for t in cinder.types()}
    for name in ('standard', 'fast'):
        if name not in types:
            made = cinder.create_type(name=name, description='the %s tier' % name)
            cinder.post('/types/%s/extra_specs' % made.id,
                        json={'extra_specs': {'volume_backend_name': 'fake'}})
    if '__DEFAULT__' in types:  # made by Cinder's migrations
        cinder.delete_type(types['__DEFAULT__'])


def write_clouds(path):
    """Write clouds.yaml once: a new application credential would invalidate what others read."""
    if os.path.exists(path):
        return
    demo = connect('demo', 'demo', 'demo')
    user, secret = demo.current_user_id, 'demo-appcred-secret'
    for old in demo.identity.application_credentials(user=user):
        demo.identity.delete_application_credential(user, old)
    credential = demo.identity.create_application_credential(user=user, name='demo', secret=secret)
    clouds = {
        'devstack-admin': dict(auth=login('admin', 'secret', 'admin')),
        'demo': dict(auth=login('demo', 'demo', 'demo')),
        'demo-appcred': dict(
            auth_type='v3applicationcredential',
            auth=dict(auth_url=AUTH_URL, application_credential_id=credential.id,
                      application_credential_secret=secret)),
        'demo-reader': dict(auth=login('reader', 'reader', 'demo')),
        'alt': dict(auth=login('alt', 'alt', 'alt')),
    }
    for cloud in clouds.values():
        cloud.update(region_name='RegionOne', identity_api_version='3')
    with open(path + '.new', 'w') as out:
        out.write('# Written by tests/openstack/up.\n')
        yaml.safe_dump({'clouds': clouds}, out, default_flow_style=False, sort_keys=False)
    os.rename(path + '.new', path)


def show(admin):
    for service in sorted(admin.identity.services(), key=lambda s: s.type):
        urls = {e.url for e in admin.identity.endpoints(service_id=service.id)}
        print('         %-14s %s' % (service.type, ' '.join(sorted(urls))))
    for s in sorted(admin.compute.services(), key=lambda s: s.host):
        print('         %-16s %-14s %-9s %s' % (s.binary, s.host, s.availability_zone, s.state))


if __name__ == '__main__':
    step, arguments = sys.argv[1], sys.argv[2:]
    if step == 'identity':
        identity(arguments)
    elif step == 'computes':
        computes(arguments)
    else:
        resources(arguments[0], arguments[1].split(), arguments[2:])
