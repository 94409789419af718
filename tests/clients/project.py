"""A project of its own on a cloud, with a member in it and an entry of clouds.yaml for each."""

import os
import pathlib

import openstack
import yaml

PASSWORD = "clients"


class Project:
    admin = "devstack-admin"

    def __init__(self, config, folder, what):
        self.name = f"{what}-{os.getpid()}"
        self.config = pathlib.Path(config)
        self.folder = folder
        self.cloud = openstack.connect(cloud=self.admin)

    def __enter__(self):
        identity = self.cloud.identity
        self.id = identity.create_project(name=self.name, domain_id="default").id
        self.user = identity.create_user(name=self.name, password=PASSWORD, domain_id="default").id
        role = identity.find_role("member")
        identity.assign_project_role_to_user(self.id, self.user, role)
        os.environ["OS_CLIENT_CONFIG_FILE"] = str(self.clouds())
        return self

    def clouds(self):
        """The cloud's file with one entry more."""
        clouds = yaml.safe_load(self.config.read_text())
        entry = dict(clouds["clouds"]["demo"])
        who = {"username": self.name, "password": PASSWORD, "project_name": self.name}
        entry["auth"] = entry["auth"] | who
        clouds["clouds"][self.name] = entry
        path = self.folder / f"{self.name}.yaml"
        path.write_text(yaml.safe_dump(clouds))
        return path

    def connect(self):
        return openstack.connect(cloud=self.name)

    def image(self, name):
        return self.cloud.image.find_image(name).id

    def __exit__(self, *_):
        """Removes what is left, so that a failure leaves nothing behind."""
        try:
            self.empty()
        finally:
            self.cloud.identity.delete_user(self.user)
            self.cloud.identity.delete_project(self.id)

    def empty(self):
        cloud = self.connect()
        for server in list(cloud.compute.servers()):
            cloud.compute.delete_server(server)
            cloud.compute.wait_for_delete(server)
        for address in list(cloud.network.ips(project_id=self.id)):
            cloud.network.delete_ip(address)
        for router in list(cloud.network.routers(project_id=self.id)):
            cloud.network.update_router(router, routes=[])
            for port in list(cloud.network.ports(device_id=router.id)):
                if port.device_owner == "network:router_interface":
                    cloud.network.remove_interface_from_router(router, port_id=port.id)
            cloud.network.delete_router(router)
        for network in list(cloud.network.networks(project_id=self.id)):
            for port in list(cloud.network.ports(network_id=network.id)):
                cloud.network.delete_port(port)
            cloud.network.delete_network(network)
        for group in list(cloud.network.security_groups(project_id=self.id)):
            if group.name != "default":
                cloud.network.delete_security_group(group)
        for volume in list(cloud.block_storage.volumes()):
            cloud.block_storage.delete_volume(volume)
        for image in list(cloud.image.images(visibility="private", owner=self.id)):
            cloud.image.update_image(image, is_protected=False)
            cloud.image.delete_image(image)
