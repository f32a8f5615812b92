"""The beginning of a lab: its folder, its ledger, its number, its record, its secrets; nothing runs yet."""

from __future__ import annotations

import secrets

from chaos.lab import app, ledger
from chaos.lab.certificates import write_certificates, write_secret
from chaos.lab.images import IMAGES, build_images, reference
from chaos.lab.kubeconfig import kubeconfig
from chaos.lab.parts import Parts
from chaos.lab.places import places
from chaos.lab.record import Lab
from chaos.lab.shape import Shape
from chaos.lab.site import Site, users

__all__ = ["IMAGES", "found"]


def found(lab: Lab, shape: Shape, parts: Parts) -> Site:
    """Return the site of a new lab, written down together with all that will be made for it.

    First the folder and the ledger, then the number, then all that follows from it. Raises LabError if the name or
    every number is taken on this machine.
    """
    folders, real = lab.folders, shape.engine == "kubelet"
    folders.home.mkdir(mode=0o700, parents=True)
    ledger.write(lab.ledger, lab.things)
    index = lab.register.take(shape.name, folders.home, changes=real)
    folders.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = places(shape, index)
    site = Site(
        shape,
        made,
        folders,
        dict(parts.programs),
        {name: secrets.token_hex(16) for name in users(shape)},
        tuple(build_images(parts, folders.home / "images", IMAGES).values()) if real else (),
        reference(parts, "pause") if real else "",
        app.service_links(made) if shape.app else (),
    )
    lab.write(site)
    ledger.write(lab.ledger, lab.things)
    write_certificates(folders.certificates, made)
    text = kubeconfig(site.cgroup, made.api, site.certificate("ca.crt"), site.tokens["admin"])
    write_secret(folders.kubeconfig, text.encode())
    return site
