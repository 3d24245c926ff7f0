using System.Net;
using Lectern.Activity.Mails;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Lectern.Tests.Accounts.Workspaces;

namespace Lectern.Tests.Activity.Mails;

[Collection(ActivityHostCollection.Name)]
public sealed class JobMailTests(ActivityHost host)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_owner_is_told_that_a_job_is_finished_in_text_and_HTML_with_a_link()
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        var ben = await host.JoinAsync(anne, "editor");
        var job = await host.SubmitAsync(anne, "<script>alert(1)</script> & more\r\nBcc: all@example.com");
        await host.EndAsync(job, anne, new JobCompleted(1_500_000), onBehalfOf: ben);

        var mail = await host.Api.Mail.NextAsync(anne.Email);

        mail.Subject.ShouldBe("“<script>alert(1)</script> & more  Bcc: all@example.com” is finished");
        var link = $"http://localhost:8080/api/v1/jobs/{PublicId.Format("job", job)}";
        mail.Text.ShouldContain($"is finished. It cost 1.5 credits.\n\n");
        mail.Text.ShouldContain($"\n{link}/download\n");
        mail.Text.ShouldContain($"\n{link}\n");
        mail.Text.ShouldContain(
            """send {"mail.job_completed": false} as PATCH http://localhost:8080/api/v1/me/settings."""
        );
        mail.Html.ShouldNotBeNull().ShouldContain($"<a href=\"{link}\">{link}</a>");
        mail.Html.ShouldContain("&lt;script&gt;alert(1)&lt;/script&gt; &amp; more");
        mail.Html.ShouldNotContain("<script");
        mail.Text.ShouldContain("Without one they open nothing");
        mail.Html.ShouldContain("Without one they open nothing");
        mail.Id.ShouldNotBeNull().ShouldStartWith("event_");
        await host.IdleAsync();
        host.Api.Mail.To(ben.Email).ShouldAllBe(other => !other.Subject.Contains("finished"));
    }

    [Fact]
    public async Task Each_run_that_ends_is_told_once_and_a_repeat_is_the_same_mail()
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        var job = await host.SubmitAsync(anne);
        await host.EndAsync(job, anne, new JobFailed("synthesize", "engine-failed", 0));
        await host.AppendAsync(job, anne, new JobReopened(2, Guid.CreateVersion7(), 0, "p1"));
        await host.EndAsync(job, anne, new JobCompleted(0));
        await host.IdleAsync();
        var sent = host.Api.Mail.To(anne.Email).Where(mail => mail.Id is not null).ToList();
        sent.Select(mail => mail.Subject)
            .ShouldBe(["“Moby-Dick” could not be finished", "“Moby-Dick” is finished"], ignoreOrder: true);
        sent.Single(mail => mail.Subject.Contains("not"))
            .Text.ShouldContain("failed at the step synthesize (engine-failed)");

        // Both messages come again, as they do after a crash between the mail and its commit.
        var context = new SessionContext(WorkspacesHost.IdOf(anne.Workspace), "system", Guid.CreateVersion7());
        await using (var session = host.Api.Store.OpenWorkerSession(context))
        {
            session.Enqueue(new SendMail(job, 2));
            session.Enqueue(new SendMail(job, 4));
            await session.SaveChangesAsync(Cancel);
        }

        await host.IdleAsync();
        var repeated = host.Api.Mail.To(anne.Email).Where(mail => mail.Id is not null).Skip(2);
        repeated
            .Select(mail => (mail.Id, mail.Text))
            .ShouldBe(sent.Select(mail => (mail.Id, mail.Text)), ignoreOrder: true);
    }

    [Fact]
    public async Task Who_does_not_want_it_ordered_with_a_key_or_is_not_there_any_more_gets_none()
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        var quiet = await host.JoinAsync(anne, "editor");
        var gone = await host.JoinAsync(anne, "editor");
        var disabled = await host.JoinAsync(anne, "editor");
        using var set = await quiet.SendAsync(
            HttpMethod.Patch,
            "/me/settings",
            new Dictionary<string, object> { ["mail.job_completed"] = false }
        );
        set.StatusCode.ShouldBe(HttpStatusCode.OK);
        Guid[] jobs =
        [
            await host.SubmitAsync(quiet),
            await host.SubmitAsync(gone),
            await host.SubmitAsync(disabled),
            await host.SubmitAsync(anne, withKey: true),
        ];
        var deleted = await host.SubmitAsync(anne);
        await host.ExecuteAsync("delete from jobs.manuscripts where job_id = $1", deleted);
        using var left = await anne.SendAsync(HttpMethod.Delete, anne.In($"/members/{gone.Id}"));
        left.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await host.ExecuteAsync(
            "update accounts.people set disabled_at = now() where id = $1",
            WorkspacesHost.IdOf(disabled.Id)
        );

        foreach (var job in (Guid[])[.. jobs, deleted])
            await host.EndAsync(job, anne, new JobCompleted(0));
        var failed = await host.SubmitAsync(quiet, "Wanted all the same");
        await host.EndAsync(failed, anne, new JobFailed("synthesize", "engine-failed", 0));
        await host.IdleAsync();

        foreach (var silent in (Somebody[])[anne, gone, disabled])
            host.Api.Mail.To(silent.Email).ShouldAllBe(mail => mail.Id == null);
        host.Api.Mail.To(quiet.Email)
            .Where(mail => mail.Id is not null)
            .Select(mail => mail.Subject)
            .ShouldBe(["“Wanted all the same” could not be finished"]);
    }
}
