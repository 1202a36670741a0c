#!/usr/bin/env python3
"""Packs the extension as `npx @vscode/vsce package` does, where there is no npm: a zip with two lists beside it.

    python3 pack.py [RESNETC]

The command resnetc, found in PATH or at the path that is given, writes the grammar that goes into it.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import zipfile
from xml.sax.saxutils import escape, quoteattr

FILES = ["package.json", "extension.js", "language-configuration.json", "rn.tmLanguage.json", "README.md"]
folder = pathlib.Path(__file__).resolve().parent

if len(sys.argv) > 2:
    sys.exit("usage: python3 pack.py [RESNETC]")
name = sys.argv[1] if len(sys.argv) == 2 else "resnetc"
command = shutil.which(name)
if command is None:
    sys.exit(
        f"pack.py: there is no command '{name}', which writes the grammar.\n"
        "Build it with 'swift build -c release' and give its path: python3 pack.py ../../.build/release/resnetc"
    )
run = subprocess.run([command, "grammar"], capture_output=True)
if run.returncode != 0:
    sys.exit(f"pack.py: '{command} grammar' failed; is it an old one?\n" + run.stderr.decode(errors="replace"))
(folder / "rn.tmLanguage.json").write_bytes(run.stdout)

package = json.loads((folder / "package.json").read_text(encoding="utf-8"))

manifest = f"""<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011"
  xmlns:d="http://schemas.microsoft.com/developer/vsx-schema-design/2011">
  <Metadata>
    <Identity Language="en-US" Id={quoteattr(package["name"])} Version={quoteattr(package["version"])}
      Publisher={quoteattr(package["publisher"])}/>
    <DisplayName>{escape(package["displayName"])}</DisplayName>
    <Description xml:space="preserve">{escape(package["description"])}</Description>
    <Tags>rn,__ext_rn</Tags>
    <Categories>{escape(",".join(package["categories"]))}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value={quoteattr(package["engines"]["vscode"])}/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionDependencies" Value=""/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionPack" Value=""/>
    </Properties>
    <License>extension/LICENSE.txt</License>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>
  </Assets>
</PackageManifest>
"""
types = """<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension=".json" ContentType="application/json"/>
  <Default Extension=".vsixmanifest" ContentType="text/xml"/>
  <Default Extension=".js" ContentType="application/javascript"/>
  <Default Extension=".md" ContentType="text/markdown"/>
  <Default Extension=".txt" ContentType="text/plain"/>
</Types>
"""

target = folder / f"{package['name']}-{package['version']}.vsix"
with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("extension.vsixmanifest", manifest)
    archive.writestr("[Content_Types].xml", types)
    for name in FILES:
        archive.write(folder / name, f"extension/{name}")
    archive.write(folder / "LICENSE", "extension/LICENSE.txt")
print(target)
