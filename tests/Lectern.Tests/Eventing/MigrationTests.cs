using Lectern.Eventing;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Eventing;

public sealed class MigrationTests : MeterTest
{
    private Migrations Migrations => Database.Host.Services.GetRequiredService<Migrations>();

    [Fact]
    public async Task A_second_start_has_nothing_to_do() => (await Migrations.ApplyAsync(Cancel)).ShouldBeEmpty();

    [Fact]
    public async Task A_file_that_was_changed_after_it_was_applied_is_refused()
    {
        await ExecuteAsync("update lectern.migrations set checksum = 'other' where name = 'meters/0001_meters.sql'");
        var refused = await Should.ThrowAsync<MigrationException>(() => Migrations.ApplyAsync(Cancel));
        refused.Message.ShouldContain("meters/0001_meters.sql was changed");
    }

    [Fact]
    public async Task A_newer_database_is_refused()
    {
        await ExecuteAsync("insert into lectern.migrations values ('meters/0002_later.sql', 'x')");
        var refused = await Should.ThrowAsync<MigrationException>(() => Migrations.ApplyAsync(Cancel));
        refused.Message.ShouldContain("newer than the program");
    }

    [Fact]
    public async Task Hosts_that_start_together_migrate_once()
    {
        await ExecuteAsync("drop schema eventing cascade; drop schema meters cascade; drop schema lectern cascade");
        var done = await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ => AnotherHost().Services.GetRequiredService<Migrations>().ApplyAsync(Cancel))
        );
        done.Count(files => files.Count == 3).ShouldBe(1);
        done.Count(files => files.Count == 0).ShouldBe(3);
        await InstallAsync();
    }
}
