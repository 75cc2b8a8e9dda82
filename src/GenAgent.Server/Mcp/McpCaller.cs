using GenAgent.Server.Security;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.Mcp;

/// <summary>Whose call it is: an API key's over HTTP, nobody's over standard input.</summary>
internal sealed class McpCaller(IHttpContextAccessor http)
{
    public string? Owner => http.HttpContext is { } context ? Caller.Of(context).Owner : null;

    /// <summary>Where the call comes from, for the audit log.</summary>
    public string Address => http.HttpContext is { } context ? AuditLog.AddressOf(context) : "stdio";
}
