using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Lectern.SharedKernel.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lectern.SharedKernel.Http;

/// <summary>
/// The only way to where users send us. A URL is looked at when it is given, and the addresses of its name again at each
/// connection, which goes to those very addresses: what a name meant a moment ago doesn't count.
/// </summary>
public sealed class UserUrls
{
    private const int LongestUrl = 2_000;
    private const int FirstFreePort = 1024;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdleFor = TimeSpan.FromSeconds(30);

    // Other protocols' ports, whose servers may take a line of a request for one of theirs. Source: the Fetch standard's
    // port blocking, https://fetch.spec.whatwg.org/#port-blocking; those below 1024 are refused anyway.
    private static readonly HashSet<int> OtherProtocols =
    [
        .. new[] { 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6679, 6697, 10080 },
        .. Enumerable.Range(6665, 5),
    ];

    private readonly UserUrlSettings _settings;
    private readonly PublicAddress _own;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly IPNetwork[] _allowed;
    private readonly HashSet<IPAddress> _ownAddresses;

    /// <summary>A guard.</summary>
    /// <param name="settings">What the operator allows.</param>
    /// <param name="own">This installation, which nobody may have call itself.</param>
    /// <param name="resolve">From a name to its addresses; the system's resolver without one.</param>
    public UserUrls(
        UserUrlSettings settings,
        PublicAddress own,
        Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null
    )
    {
        _settings = settings;
        _own = own;
        _resolve = resolve ?? ((name, cancel) => Dns.GetHostAddressesAsync(name, cancel));
        _allowed = [.. settings.AllowedNetworks.Select(network => IPNetwork.Parse(network))];
        _ownAddresses =
        [
            .. NetworkInterface
                .GetAllNetworkInterfaces()
                .SelectMany(card => card.GetIPProperties().UnicastAddresses)
                .Select(each => PublicNetworks.Plain(each.Address)),
        ];
    }

    /// <summary>What is wrong with a URL or with where it leads to now, as the end of the sentence "it …"; null for nothing.</summary>
    public async Task<string?> FaultAsync(string url, CancellationToken cancel)
    {
        if (FormFault(url) is { } fault)
            return fault;
        try
        {
            return (await AddressesAsync(new Uri(url).IdnHost, cancel)).All(IsAllowed)
                ? null
                : "leads to an address that is not of the public internet";
        }
        catch (SocketException)
        {
            return "names a host that has no address";
        }
    }

    /// <summary>What can be seen to be wrong with a URL without asking anybody.</summary>
    public string? FormFault(string url)
    {
        if (url.Length > LongestUrl || !url.All(c => c is > ' ' and <= '~' and not '\\'))
            return $"must have at most {LongestUrl} characters, all of them visible ASCII: write a name as xn--…";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || !IsHttp(uri))
            return _settings.AllowHttp ? "must be an absolute http or https URL" : "must be an absolute https URL";
        if (uri.UserInfo.Length > 0 || url.Contains('@', StringComparison.Ordinal) && IsBeforePath(url, '@'))
            return "must not have a user's name or password";
        if (uri.Fragment.Length > 0)
            return "must not have a fragment";
        if (HostFault(url, uri) is { } badHost)
            return badHost;
        return uri.Port is 443 or 80 || (uri.Port >= FirstFreePort && !OtherProtocols.Contains(uri.Port))
            ? null
            : $"must be for port 443, 80 or one from {FirstFreePort} on that is not another protocol's";
    }

    /// <summary>
    /// A client that connects to where users may send us and nowhere else. It follows no redirect, keeps no cookie, knows no
    /// proxy, and tells nothing of what is traced here.
    /// </summary>
    public HttpMessageInvoker NewClient() =>
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                UseCookies = false,
                AutomaticDecompression = DecompressionMethods.None,
                Credentials = null,
                PreAuthenticate = false,
                ActivityHeadersPropagator = null,
                MaxResponseHeadersLength = 16, // KB
                MaxResponseDrainSize = 0, // an answer that is too long is hung up on, not read to its end
                ConnectTimeout = ConnectTimeout,
                PooledConnectionIdleTimeout = IdleFor,
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
                ConnectCallback = ConnectAsync,
            },
            disposeHandler: true
        );

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var addresses = await AddressesAsync(context.DnsEndPoint.Host, cancel);
        if (!addresses.All(IsAllowed))
            throw new RefusedAddressException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>All of a name's addresses must do: which of them is connected to is up to chance.</summary>
    private async Task<IPAddress[]> AddressesAsync(string host, CancellationToken cancel)
    {
        IPAddress[] found = IPAddress.TryParse(host.Trim('[', ']'), out var address)
            ? [address]
            : await _resolve(host, cancel);
        return found.Length > 0
            ? [.. found.Select(PublicNetworks.Plain)]
            : throw new SocketException((int)SocketError.HostNotFound);
    }

    private bool IsAllowed(IPAddress address) =>
        _allowed.Any(network => network.Contains(address))
        || (PublicNetworks.Contain(address) && !_ownAddresses.Contains(address));

    private bool IsHttp(Uri uri) =>
        uri.Scheme == Uri.UriSchemeHttps || (_settings.AllowHttp && uri.Scheme == Uri.UriSchemeHttp);

    private string? HostFault(string url, Uri uri)
    {
        var host = uri.IdnHost;
        // 127.1, 0x7f000001, 2130706433 and 0177.0.0.1 all mean 127.0.0.1 to somebody. What isn't spelled as it is read
        // isn't read at all.
        var isSpelledOut = url.AsSpan(uri.Scheme.Length + 3)
            .TrimStart('[')
            .StartsWith(host, StringComparison.OrdinalIgnoreCase);
        if (host.Length == 0 || !isSpelledOut || host.EndsWith('.') || host.Contains('%', StringComparison.Ordinal))
            return "must have a plain host: a name, or an address in its usual form";
        if (uri.HostNameType == UriHostNameType.Dns && (char.IsAsciiDigit(host[^1]) || LooksHexadecimal(host)))
            return "must have a plain host: a name, or an address in its usual form";
        var own = new Uri(_own.Url);
        return host.Equals(own.IdnHost, StringComparison.OrdinalIgnoreCase) && uri.Port == own.Port
            ? "must not lead back to this service"
            : null;
    }

    /// <summary>No top-level domain begins with 0x or ends in a digit; some resolvers read such labels as numbers.</summary>
    private static bool LooksHexadecimal(string host) =>
        host[(host.LastIndexOf('.') + 1)..].StartsWith("0x", StringComparison.OrdinalIgnoreCase);

    private static bool IsBeforePath(string url, char sign)
    {
        var rest = url[(url.IndexOf("//", StringComparison.Ordinal) + 2)..];
        var path = rest.IndexOfAny(['/', '?', '#']);
        return (path < 0 ? rest : rest[..path]).Contains(sign, StringComparison.Ordinal);
    }
}

/// <summary>A name led to an address that users may not send us to; nothing was connected to.</summary>
public sealed class RefusedAddressException() : IOException("The address is not of the public internet.");

/// <summary>Registers the guard.</summary>
public static class UserUrlServices
{
    /// <summary>The guard of users' URLs, with its settings.</summary>
    public static void AddUserUrls(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<UserUrlSettings>(configuration, "UserUrls");
        services.AddSingleton(provider => new UserUrls(
            provider.GetRequiredService<IOptions<UserUrlSettings>>().Value,
            provider.GetRequiredService<PublicAddress>()
        ));
    }
}
