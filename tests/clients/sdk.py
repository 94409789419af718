"""openstacksdk, by functions of its connection: each step's name and what came back."""

import itertools
import sys
import time

from openstack import exceptions

from pattern import Known, sorted_rows

# What clients ask for before they do something, and what is not there.
EXTENSIONS = {
    "ext-gw-mode", "extraroute", "fip-port-details", "net-mtu-writable", "pagination", "port-security",
    "quotas", "revision-if-match", "router", "security-group", "sorting", "standard-attr-tag",
    "standard-attr-revisions", "stateful-security-group", "tag-ports-during-bulk-creation", "trunk",
}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ me"


class Steps:
    """The steps in their order; what one makes the next ones use."""

    def __init__(self, project):
        self.known = Known({"run": project.name, "project": project.id})
        self.run = project.name
        self.cloud = project.connect()
        self.seen = {}

    def step(self, name, act, loose=()):
        """Does one thing and keeps what it says, or the error that it raised."""
        try:
            result = act()
        except exceptions.SDKException as error:
            answer = {"raised": type(error).__name__, "message": str(error)}
            result = None
        else:
            answer = plain(result)
        print(f"  sdk: {name}", answer.get("message", "") if isinstance(answer, dict) else "", file=sys.stderr)
        pattern = self.known.pattern(answer)
        for row in pattern if isinstance(pattern, list) else [pattern]:
            for field in loose:
                if isinstance(row, dict) and field in row:
                    row[field] = "<any>"
        self.seen[f"sdk: {name}"] = sorted_rows(pattern)
        return result

    def identity(self):
        auth = self.cloud.session.auth
        self.step("who asks", lambda: {
            "project": self.cloud.current_project_id, "user": self.cloud.current_user_id,
            "roles": auth.get_access(self.cloud.session).role_names,
        })
        self.step("services", lambda: sorted(
            service["type"] for service in self.cloud.service_catalog if service["type"] != "placement"))
        self.step("the newest version of compute", lambda: list(
            self.cloud.compute.get_endpoint_data().api_version))

    def networks(self):
        network = self.cloud.network
        self.known.send("10.7.0.0/24 10.7.0.1 10.7.0.99")
        self.net = self.step("a network", lambda: network.create_network(name=f"{self.run}-n", description="d"))
        self.subnet = self.step("a subnet", lambda: network.create_subnet(
            network_id=self.net.id, cidr="10.7.0.0/24", ip_version=4, name=f"{self.run}-s"))
        self.step("five ports at once", lambda: network.create_ports([
            {"network_id": self.net.id, "name": f"{self.run}-{number}"} for number in range(5)]))
        ports = self.step("ports, two a page", lambda: list(network.ports(
            network_id=self.net.id, limit=2, sort_key="name", sort_dir="desc")))
        self.step("some fields of ports", lambda: list(network.get(
            f"/ports?network_id={self.net.id}&fields=name&fields=status").json()["ports"]))
        self.step("names in their order", lambda: [{"number": at, "name": port.name}
                                                    for at, port in enumerate(ports)])
        self.port = ports[0]
        revision = network.get_port(self.port).revision_number
        self.step("an update of what is known", lambda: network.update_port(
            self.port, if_revision=revision, name=f"{self.run}-p"))
        self.step("an update of what is old", lambda: network.update_port(
            self.port, if_revision=revision, name=f"{self.run}-q"))
        self.step("tags", lambda: network.set_tags(self.port, ["a", "b"]).tags)
        self.step("ports by tag", lambda: [port.name for port in network.ports(tags="a", network_id=self.net.id)])
        self.step("ports by no tag", lambda: len(list(network.ports(not_tags="a", network_id=self.net.id))))
        self.step("a fixed address", lambda: network.create_port(
            network_id=self.net.id, fixed_ips=[{"subnet_id": self.subnet.id, "ip_address": "10.7.0.99"}]))
        self.step("the same address", lambda: network.create_port(
            network_id=self.net.id, fixed_ips=[{"ip_address": "10.7.0.99"}]))
        self.step("an unknown port", lambda: network.get_port("11111111-1111-1111-1111-111111111111"))
        self.step("no such port", lambda: {"found": network.find_port("nonsense", ignore_missing=True)})

    def routers(self):
        network = self.cloud.network
        self.public = network.find_network("public")
        self.router = self.step("a router", lambda: network.create_router(
            name=f"{self.run}-r", external_gateway_info={"network_id": self.public.id}))
        self.step("an interface", lambda: network.add_interface_to_router(self.router, subnet_id=self.subnet.id))
        self.address = self.step("a floating address", lambda: network.create_ip(
            floating_network_id=self.public.id, port_id=self.port.id))
        self.step("a floating address set free", lambda: network.update_ip(self.address, port_id=None))
        self.step("a security group", lambda: network.create_security_group(name=f"{self.run}-g"))
        self.group = network.find_security_group(f"{self.run}-g")
        self.step("a rule", lambda: network.create_security_group_rule(
            security_group_id=self.group.id, direction="ingress", protocol="tcp",
            port_range_min=22, port_range_max=22, ether_type="IPv4"))
        self.step("quotas of networks", lambda: network.get_quota(self.cloud.current_project_id))
        aliases = {extension.alias for extension in network.extensions()}
        self.step("extensions", lambda: sorted(aliases & EXTENSIONS))

    def images(self):
        image = self.cloud.image
        made = self.step("an image", lambda: image.create_image(
            name=f"{self.run}-i", data=b"some bytes", disk_format="raw", container_format="bare",
            validate_checksum=False))
        made = image.get_image(made.id)
        self.step("its data", lambda: image.download_image(made, stream=False).content.decode())
        self.step("an image after an update", lambda: image.update_image(made, name=f"{self.run}-j", x="y"))
        self.step("a tag of an image", lambda: image.add_tag(made, "one"))
        self.step("images, one a page", lambda: sorted(one.name for one in itertools.islice(
            image.images(limit=1, visibility="public", sort="name:asc"), 3)))
        self.step("an image goes", lambda: image.delete_image(made))

    def servers(self):
        compute = self.cloud.compute
        self.step("a key pair", lambda: compute.create_keypair(name=f"{self.run}-k", public_key=KEY))
        group = self.step("a server group", lambda: compute.create_server_group(
            name=f"{self.run}-sg", policy="anti-affinity"))
        flavor, image = compute.find_flavor("m1.tiny"), self.cloud.image.find_image("cirros")
        made = lambda number: compute.create_server(  # noqa: E731
            name=f"{self.run}-{number}", flavor_id=flavor.id, image_id=image.id, key_name=f"{self.run}-k",
            networks=[{"uuid": self.net.id}], metadata={"number": str(number)}, tags=["one"],
            scheduler_hints={"group": group.id})
        servers = [made(number) for number in range(2)]
        for server in servers:
            compute.wait_for_server(server, interval=1, wait=120)
        server = self.step("a server", lambda: compute.get_server(servers[0]), loose=("availability_zone",))
        self.step("two hosts", lambda: len({compute.get_server(one).host_id for one in servers}))
        self.step("servers, one a page", lambda: sorted(one.name for one in compute.servers(limit=1)))
        self.step("servers by tag", lambda: len(list(compute.servers(tags="one"))))
        self.step("metadata", lambda: compute.set_server_metadata(server, more="x").metadata)
        self.step("metadata less", lambda: compute.delete_server_metadata(
            compute.get_server_metadata(server), ["number"]))
        self.step("interfaces", lambda: list(compute.server_interfaces(server)))
        self.step("a port for a server", lambda: compute.create_server_interface(server, port_id=self.port.id))
        self.step("limits", lambda: compute.get_limits().absolute, loose=("total_ram_used", "total_cores_used"))
        self.volumes(server)
        for one in servers:
            compute.delete_server(one)
            compute.wait_for_delete(one, interval=1, wait=120)
            self.gone(one)
        self.step("a server that is gone", lambda: compute.get_server(server.id))

    def gone(self, server):
        """Waits until a server is told no more: Nova tells it as DELETED for a moment."""
        for _ in range(120):
            if self.cloud.compute.find_server(server.id) is None:
                return
            time.sleep(0.5)

    def volumes(self, server):
        storage = self.cloud.block_storage
        volume = self.step("a volume", lambda: storage.create_volume(size=1, name=f"{self.run}-v", metadata={"a": "b"}))
        self.reached(volume, "available")
        self.step("an attachment", lambda: self.cloud.compute.create_volume_attachment(
            server, volume=volume), loose=("device",))
        self.step("a volume in use", lambda: self.reached(volume, "in-use"), loose=("updated_at",))
        self.step("attachments", lambda: list(self.cloud.compute.volume_attachments(server)), loose=("device",))
        self.cloud.compute.delete_volume_attachment(server, volume.id)
        self.reached(volume, "available")
        self.step("a larger volume", lambda: storage.extend_volume(volume, 2))
        self.reached(volume, "available")
        self.step("volumes by metadata", lambda: [one.name for one in storage.volumes(metadata={"a": "b"})])
        self.step("quotas of volumes", lambda: storage.get_limits().absolute)
        storage.delete_volume(volume)
        storage.wait_for_delete(volume, interval=1, wait=60)

    def reached(self, volume, status):
        """A volume once it is so; what is at hand of it may be old."""
        storage = self.cloud.block_storage
        return storage.wait_for_status(storage.get_volume(volume), status, interval=1, wait=60)


def plain(result):
    """A resource or a list of them as data, without what the SDK adds of its own."""
    if hasattr(result, "to_dict"):
        return {name: plain(value) for name, value in result.to_dict(computed=False).items() if value is not None}
    if isinstance(result, dict):
        return {name: plain(value) for name, value in result.items()}
    if isinstance(result, (list, tuple)) or hasattr(result, "__next__"):
        return [plain(item) for item in result]
    return result


def steps(project):
    run = Steps(project)
    for part in (run.identity, run.networks, run.routers, run.images, run.servers):
        part()
    return run.seen
