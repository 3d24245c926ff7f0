using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Lectern.Host.Settings;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Telemetry;
using Microsoft.Extensions.Primitives;

namespace Lectern.Host.Http.RateLimits;

/// <summary>
/// How much this host serves to one address, one caller and one workspace, and how often they may try to sign in or have
/// mail sent. It is counted in the memory of each host: several of them together let through as many times as much.
/// </summary>
internal sealed class RequestLimits : IRateLimits
{
    private const string PolicyHeader = "RateLimit-Policy";
    private const string RemainingHeader = "RateLimit";

    private readonly SecurityEvents _events;
    private readonly TokenBuckets? _address;
    private readonly TokenBuckets? _caller;
    private readonly TokenBuckets? _workspace;
    private readonly TokenBuckets? _signIn;
    private readonly TokenBuckets? _refusals;
    private readonly TokenBuckets? _accountRefusals;
    private readonly TokenBuckets? _mailOfAddress;
    private readonly TokenBuckets? _mailOfCaller;
    private readonly TokenBuckets? _mailToOne;
    private readonly TokenBuckets? _replays;

    // So that nobody can look for two accounts that share a bucket, and no address is remembered as such.
    private readonly byte[] _salt = RandomNumberGenerator.GetBytes(16);

    public RequestLimits(RateLimitSettings settings, TimeProvider time, SecurityEvents events)
    {
        _events = events;
        if (!settings.Enabled)
            return;
        _address = PerMinute("address", settings.AddressPerMinute, settings.AddressBurst);
        _caller = PerMinute("caller", settings.CallerPerMinute, settings.CallerBurst);
        _workspace = PerMinute("workspace", settings.WorkspacePerMinute, settings.WorkspaceBurst);
        _signIn = PerMinute("sign-in", settings.SignInPerMinute, settings.SignInBurst);
        _refusals = PerMinute("sign-in-refusals", settings.RefusalsPerMinute, settings.RefusalsBurst);
        _accountRefusals = PerMinute(
            "sign-in-account",
            settings.AccountRefusalsPerMinute,
            settings.AccountRefusalsBurst
        );
        _mailOfAddress = PerHour("mail-address", settings.MailPerHourOfAddress);
        _mailOfCaller = PerHour("mail-caller", settings.MailPerHourOfCaller);
        _mailToOne = PerHour("mail-to", settings.MailPerHourToOne);
        _replays = PerMinute("replays", settings.ReplaysPerMinute, Math.Max(1, settings.ReplaysPerMinute));

        TokenBuckets? PerMinute(string name, int permits, int burst) =>
            permits == 0 ? null : new TokenBuckets(name, permits, TimeSpan.FromMinutes(1), burst, time);

        TokenBuckets? PerHour(string name, int permits) =>
            permits == 0 ? null : new TokenBuckets(name, permits, TimeSpan.FromHours(1), permits, time);
    }

    /// <summary>The limits on an address: before it is known who calls, for to find that out has its price.</summary>
    public Task LimitAddressAsync(HttpContext http, RequestDelegate next)
    {
        if (IsFree(http))
            return next(http);
        var address = KeyOf(http.Connection.RemoteIpAddress);
        var refusal = Take(http, _address, address);
        foreach (var limited in LimitsOf(http))
            refusal ??= limited.Limit switch
            {
                RateLimit.SignIn => Take(http, _signIn, address),
                RateLimit.Mail => Take(http, _mailOfAddress, address),
                _ => null,
            };
        return refusal is null ? next(http) : refusal.AsResult().ExecuteAsync(http);
    }

    /// <summary>The limits on who calls.</summary>
    public Task LimitCallerAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Features.Get<Caller>() is not { } caller || IsFree(http))
            return next(http);
        var who = KeyOf(caller.ApiKey?.Id ?? caller.Person);
        var refusal = Take(http, _caller, who) ?? Take(http, _workspace, KeyOf(caller.Workspace));
        foreach (var limited in LimitsOf(http))
            refusal ??= limited.Limit switch
            {
                RateLimit.Mail => Take(http, _mailOfCaller, who),
                RateLimit.Replay => Take(http, _replays, who),
                _ => null,
            };
        return refusal is null ? next(http) : refusal.AsResult().ExecuteAsync(http);
    }

    /// <inheritdoc/>
    public Problem? Take(HttpContext http, RateLimit limit, string account) =>
        limit == RateLimit.Mail
            ? Take(http, _mailToOne, KeyOf(account, null))
            : Take(http, _refusals, KeyOf(account, http)) ?? Take(http, _accountRefusals, KeyOf(account, null));

    /// <inheritdoc/>
    public void GiveBack(HttpContext http, RateLimit limit, string account)
    {
        if (limit == RateLimit.Mail)
        {
            _mailToOne?.GiveBack(KeyOf(account, null));
            return;
        }

        _refusals?.GiveBack(KeyOf(account, http));
        _accountRefusals?.GiveBack(KeyOf(account, null));
    }

    private Problem? Take(HttpContext http, TokenBuckets? buckets, UInt128 key)
    {
        if (buckets is null)
            return null;
        var permit = buckets.Take(key);
        var headers = http.Response.Headers;
        Append(headers, PolicyHeader, buckets.Policy);
        Append(headers, RemainingHeader, $"\"{buckets.Name}\";r={permit.Remaining};t={permit.SecondsUntilFull}");
        if (permit.IsGranted)
            return null;
        var isLocked = buckets == _refusals || buckets == _accountRefusals;
        _events.Record(isLocked ? SecurityEvent.SignInLocked : SecurityEvent.RateLimited, http, buckets.Name);
        return CommonProblems.RateLimited.With(buckets.Rule) with
        {
            RetryAfter = permit.RetryAfter,
            Extensions = new Dictionary<string, object?> { ["violated-policies"] = new[] { buckets.Name } },
        };
    }

    private static void Append(IHeaderDictionary headers, string name, string item) =>
        headers[name] = headers.TryGetValue(name, out var before) ? $"{before}, {item}" : new StringValues(item);

    private static bool IsFree(HttpContext http) =>
        http.GetEndpoint() is { } endpoint
            ? endpoint.Metadata.GetMetadata<NotRateLimited>() is not null
            : SecurityHeaders.IsPage(http.Request.Path);

    private static IReadOnlyList<RateLimitedAs> LimitsOf(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetOrderedMetadata<RateLimitedAs>() ?? [];

    private static UInt128 KeyOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        return BinaryPrimitives.ReadUInt128LittleEndian(bytes);
    }

    /// <summary>An IPv4 address, or the network of an IPv6 address: whoever has one of its addresses has them all.</summary>
    internal static UInt128 KeyOf(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (address is null)
            return 0; // a Unix socket: it can be limited as a whole only
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        address.TryWriteBytes(bytes, out var length);
        if (length == 4)
            bytes[15] = 4; // apart from every network, whose second half is zero
        else
            bytes[8..].Clear();
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>An account, as it is called from an address or from anywhere.</summary>
    private UInt128 KeyOf(string account, HttpContext? http)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_salt);
        if (http is not null)
        {
            Span<byte> address = stackalloc byte[16];
            BinaryPrimitives.WriteUInt128BigEndian(address, KeyOf(http.Connection.RemoteIpAddress));
            hash.AppendData(address);
        }

        hash.AppendData(Encoding.UTF8.GetBytes(account));
        Span<byte> digest = stackalloc byte[32];
        hash.GetHashAndReset(digest);
        return BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }
}
