using Lectern.Host;
using Lectern.Host.Settings;

namespace Lectern.Tests.Host.Settings;

public sealed class MasterKeyFileTests : IDisposable
{
    private readonly TemporaryFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public void The_first_start_makes_a_key_that_only_we_can_read_and_later_ones_use_it()
    {
        var first = MasterKeyFile.Load(null, _data.Path).Derive("x", 32);

        File.GetUnixFileMode(_data["master.key"]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        MasterKeyFile.Load(null, _data.Path).Derive("x", 32).ShouldBe(first);
        MasterKeyFile.Load(Convert.ToBase64String(new byte[32]), _data.Path).Derive("x", 32).ShouldNotBe(first);
    }

    [Fact]
    public void Many_hosts_that_start_at_once_agree_on_one_key()
    {
        var keys = new byte[16][];
        Parallel.For(0, keys.Length, i => keys[i] = MasterKeyFile.Load(null, _data.Path).Derive("x", 32));

        keys.Select(Convert.ToHexString).Distinct().Count().ShouldBe(1);
        Directory.GetFiles(_data.Path).Length.ShouldBe(1);
    }

    [Fact]
    public void A_file_that_holds_something_else_stops_the_start()
    {
        File.WriteAllText(_data["master.key"], "hello");
        Should
            .Throw<StartRefusedException>(() => MasterKeyFile.Load(null, _data.Path))
            .Message.ShouldContain("master.key");
    }
}
