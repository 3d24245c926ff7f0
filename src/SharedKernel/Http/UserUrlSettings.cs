using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Lectern.SharedKernel.Http;

/// <summary>The section <c>Lectern:UserUrls</c>: where the host connects to because a user said so.</summary>
public sealed class UserUrlSettings
{
    /// <summary>Whether they may be http.</summary>
    [Description(
        "Whether URLs that users give may be http. What is sent there can be read on the way: for development and tests."
    )]
    public bool AllowHttp { get; set; }

    /// <summary>Networks beside the public internet.</summary>
    [Description(
        "Networks that URLs of users may lead to although they are not of the public internet, such as 10.1.0.0/16; whoever may set such a URL can reach everything in them."
    )]
    [CidrNetworks]
    public string[] AllowedNetworks { get; set; } = [];

    private sealed class CidrNetworksAttribute : ValidationAttribute
    {
        public CidrNetworksAttribute() => ErrorMessage = "a list of networks, such as 10.1.0.0/16 or fd00::/8";

        public override bool IsValid(object? value) =>
            value is IEnumerable<string> networks && networks.All(network => IPNetwork.TryParse(network, out _));
    }
}
