package desk

// Bodies are what has to be typed at a help desk that sends what its admin
// writes, with its own placeholders, by kind.
var Bodies = map[string]string{
	"zendesk": `{
  "id": "{{ticket.id}}",
  "status": "{{ticket.status}}",
  "priority": "{{ticket.priority}}",
  "requester_email": "{{ticket.requester.email}}",
  "requester_external_id": "{{ticket.requester.external_id}}",
  "org_external_id": "{{ticket.organization.external_id}}",
  "org_name": "{{ticket.organization.name}}",
  "created_at": "{{ticket.created_at_with_timestamp}}",
  "updated_at": "{{ticket.updated_at_with_timestamp}}",
  "csat": "{{satisfaction.current_rating}}"
}`,
	"freshdesk": `{
  "ticket_id": "{{ticket.id_numeric}}",
  "ticket_subject": "{{ticket.subject}}",
  "ticket_status": "{{ticket.status}}",
  "ticket_priority": "{{ticket.priority}}",
  "ticket_url": "{{ticket.url}}",
  "ticket_tags": "{{ticket.tags}}",
  "ticket_contact_email": "{{ticket.contact.email}}",
  "ticket_contact_name": "{{ticket.contact.name}}",
  "ticket_company_name": "{{ticket.company.name}}",
  "ticket_agent_name": "{{ticket.agent.name}}",
  "ticket_source": "{{ticket.source}}"
}`,
}
