using System.Net;
using System.Net.Sockets;
using Lectern.SharedKernel.Http;

namespace Lectern.Tests.SharedKernel.Http;

public sealed class UserUrlsTests
{
    private static readonly PublicAddress Own = new("https://lectern.example");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("93.184.216.34")]
    [InlineData("172.15.255.255")] // one below 172.16/12, and one above
    [InlineData("172.32.0.0")]
    [InlineData("100.128.0.0")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2001:4860:4860::8888")]
    [InlineData("::ffff:8.8.8.8")]
    public void An_address_of_the_internet_is_public(string address) =>
        PublicNetworks.Contain(IPAddress.Parse(address)).ShouldBeTrue();

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("168.63.129.16")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.170")]
    [InlineData("192.0.2.1")]
    [InlineData("192.31.196.1")] // AS112
    [InlineData("192.52.193.1")] // AMT
    [InlineData("192.88.99.1")]
    [InlineData("192.175.48.1")] // AS112
    [InlineData("192.168.1.1")]
    [InlineData("198.19.0.1")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")] // IPv4-compatible
    [InlineData("::ffff:127.0.0.1")] // IPv4-mapped
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::7f00:1")] // NAT64
    [InlineData("64:ff9b:1::a00:1")]
    [InlineData("100::1")] // discard
    [InlineData("2001::1")] // Teredo
    [InlineData("2001:20::1")] // ORCHID
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::1")] // 6to4 of 127.0.0.1
    [InlineData("2620:4f:8000::1")] // AS112
    [InlineData("3fff::1")]
    [InlineData("5f00::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void Every_other_address_is_not(string address) =>
        PublicNetworks.Contain(IPAddress.Parse(address)).ShouldBeFalse();

    [Theory]
    [InlineData("https://hooks.example.com/x?y=1")]
    [InlineData("https://hooks.example.com:8443/")]
    [InlineData("https://xn--bcher-kva.example/")]
    [InlineData("https://93.184.216.34/")]
    [InlineData("https://[2606:4700:4700::1111]/")]
    public async Task A_plain_public_URL_is_fine(string url) =>
        (await Guard("93.184.216.34").FaultAsync(url, Cancel)).ShouldBeNull();

    [Theory]
    [InlineData("hooks.example.com", "absolute https URL")]
    [InlineData("http://hooks.example.com/", "absolute https URL")]
    [InlineData("ftp://hooks.example.com/", "absolute https URL")]
    [InlineData("file:///etc/passwd", "absolute https URL")]
    [InlineData("gopher://hooks.example.com/", "absolute https URL")]
    [InlineData("https:///path", "absolute https URL")]
    [InlineData("https://me@hooks.example.com/", "user's name")]
    [InlineData("https://me:secret@hooks.example.com/", "user's name")]
    [InlineData("https://@hooks.example.com/", "user's name")]
    [InlineData("https://hooks.example.com/#x", "fragment")]
    [InlineData("https://hooks.example.com\\@127.0.0.1/", "visible ASCII")]
    [InlineData("https://hooks.example.com/ x", "visible ASCII")]
    [InlineData("https://bücher.example/", "xn--")]
    [InlineData("https://127。0。0。1/", "xn--")]
    [InlineData("https://①②⑦.0.0.1/", "xn--")]
    [InlineData("https://hooks.example.com./", "plain host")]
    [InlineData("https://2130706433/", "plain host")]
    [InlineData("https://0x7f000001/", "plain host")]
    [InlineData("https://0x7f.1/", "plain host")]
    [InlineData("https://127.1/", "plain host")]
    [InlineData("https://0177.0.0.1/", "plain host")]
    [InlineData("https://a.0x1/", "plain host")]
    [InlineData("https://1.2.3.4.5/", "plain host")]
    [InlineData("https://%31%32%37.0.0.1/", "")]
    [InlineData("https://hooks.example.com:22/", "port")]
    [InlineData("https://hooks.example.com:25/", "port")]
    [InlineData("https://hooks.example.com:6667/", "port")]
    [InlineData("https://127.0.0.1/", "not of the public internet")]
    [InlineData("https://[::1]/", "not of the public internet")]
    [InlineData("https://[::ffff:127.0.0.1]/", "")]
    [InlineData("https://[fe80::1%25eth0]/", "")]
    [InlineData("https://169.254.169.254/latest/meta-data", "not of the public internet")]
    [InlineData("https://lectern.example/api", "back to this service")]
    [InlineData("https://LECTERN.example/api", "back to this service")]
    public async Task Everything_else_is_refused(string url, string because) =>
        (await Guard("93.184.216.34").FaultAsync(url, Cancel)).ShouldNotBeNull().ShouldContain(because);

    [Fact]
    public async Task One_private_address_among_public_ones_is_enough_to_refuse() =>
        (await Guard("93.184.216.34", "10.0.0.1").FaultAsync("https://hooks.example.com/", Cancel))
            .ShouldNotBeNull()
            .ShouldContain("not of the public internet");

    [Fact]
    public async Task A_name_without_an_address_is_refused() =>
        (await Guard().FaultAsync("https://hooks.example.com/", Cancel)).ShouldNotBeNull().ShouldContain("no address");

    [Fact]
    public async Task An_address_of_this_machine_is_refused_even_if_it_is_public()
    {
        var own = System
            .Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(each => each.Address.ToString())
            .First();

        (await Guard(own.Split('%')[0]).FaultAsync("https://hooks.example.com/", Cancel)).ShouldNotBeNull();
    }

    // DNS rebinding: the name is public when somebody looks, and private when it is connected to.
    [Fact]
    public async Task What_counts_is_the_address_that_is_connected_to()
    {
        using var inner = new CountingListener();
        var asked = 0;
        var urls = new UserUrls(
            new UserUrlSettings { AllowHttp = true },
            Own,
            (_, _) =>
                Task.FromResult<IPAddress[]>([asked++ == 0 ? IPAddress.Parse("93.184.216.34") : IPAddress.Loopback])
        );
        var url = $"http://rebind.example:{inner.Port}/";
        (await urls.FaultAsync(url, Cancel)).ShouldBeNull();

        using var client = urls.NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        var refused = await Should.ThrowAsync<HttpRequestException>(() => client.SendAsync(request, Cancel));

        refused.InnerException.ShouldBeOfType<RefusedAddressException>();
        asked.ShouldBe(2);
        inner.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task Networks_that_the_operator_allows_are_reached_and_no_others()
    {
        using var inner = new CountingListener();
        var urls = new UserUrls(
            new UserUrlSettings { AllowHttp = true, AllowedNetworks = ["127.0.0.1/32"] },
            Own,
            (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.2")])
        );

        (await urls.FaultAsync($"http://127.0.0.1:{inner.Port}/", Cancel)).ShouldBeNull();
        (await urls.FaultAsync("http://inner.example/", Cancel)).ShouldNotBeNull();
        using var client = urls.NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{inner.Port}/");
        await Should.ThrowAsync<HttpRequestException>(() => client.SendAsync(request, Cancel)); // it hangs up
        inner.Connections.ShouldBeGreaterThan(0);
    }

    private static UserUrls Guard(params string[] addresses) =>
        new(new UserUrlSettings(), Own, (_, _) => Task.FromResult<IPAddress[]>([.. addresses.Select(IPAddress.Parse)]));
}

/// <summary>Something inside that nobody must reach: it counts who does, and hangs up.</summary>
internal sealed class CountingListener : IDisposable
{
    private readonly TcpListener _listener;
    private int _connections;

    public CountingListener(string address = "127.0.0.1")
    {
        _listener = new TcpListener(IPAddress.Parse(address), 0);
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => _connections;

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                Interlocked.Increment(ref _connections);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }
}
