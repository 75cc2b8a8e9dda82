using System.Data.Common;
using GenAgent.Server.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server.Security;

/// <summary>Who did what: each request that changed something, without its content.</summary>
internal sealed partial class AuditLog(Database database, TimeProvider time, ILogger<AuditLog> logger)
{
    private const int LongestSubject = 200;

    /// <summary>Where a request comes from.</summary>
    public static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? string.Empty;

    /// <summary>Notes an action of a request's caller.</summary>
    public Task NoteAsync(HttpContext context, string action, string subject) => NoteAsync(Caller.Of(context).Owner, AddressOf(context), action, subject);

    /// <summary>Notes an action. A database that fails does not undo it; the log has it then.</summary>
    public async Task NoteAsync(string? owner, string address, string action, string subject)
    {
        owner ??= string.Empty;
        try
        {
            await database.WriteAsync(
                session => session.ExecuteAsync(
                    "INSERT INTO audit (at, owner, action, subject, address) VALUES (@at, @owner, @action, @subject, @address)",
                    ("at", time.GetUtcNow().ToUnixTimeMilliseconds()), ("owner", owner), ("action", action),
                        ("subject", subject.Length > LongestSubject ? subject[..LongestSubject] : subject), ("address", address)),
                CancellationToken.None);
        }
        catch (DbException failure)
        {
            LogFailure(failure, owner, action, subject, address);
        }
    }

    /// <summary>The newest notes.</summary>
    public Task<List<AuditNote>> ListAsync(int limit, CancellationToken cancellationToken) => database.QueryAsync(
        "SELECT at, owner, action, subject, address FROM audit ORDER BY at DESC LIMIT @limit",
        row => new AuditNote(
            row.Time("at"), row.Text("owner"), row.Text("action"), row.Text("subject"), row.Text("address")), cancellationToken, ("limit", limit));

    [LoggerMessage(Level = LogLevel.Warning, Message = "The audit log could not be written: {Owner} {Action} {Subject} from {Address}.")]
    private partial void LogFailure(Exception failure, string owner, string action, string subject, string address);
}

/// <summary>A line of the audit log.</summary>
internal sealed record AuditNote(DateTimeOffset At, string Owner, string Action, string Subject, string Address);
